package worker

import (
	"context"
	"sync"
	"sync/atomic"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

// links carries messages to the other workers that the view names, and to
// nobody else: a stranger may claim to be anyone.
type links struct {
	w  *Worker
	wg sync.WaitGroup
	mu struct {
		sync.Mutex
		byPeer map[placement.Incarnation]*link
		closed bool
	}
}

func newLinks(w *Worker) *links {
	l := &links{w: w}
	l.mu.byPeer = make(map[placement.Incarnation]*link)
	return l
}

// link is the way to one other worker: a lane for entries and snapshots, and
// one for heartbeats and acknowledgements, which a large value would hold up
// for so long that a live worker seemed dead. Each lane keeps its order. When
// messages were lost, the cores are told.
type link struct {
	w      *Worker
	peer   placement.Incarnation
	cancel context.CancelFunc // of both lanes
	urgent *lane
	bulk   *lane

	heard  atomic.Int64 // store.Instant of the last frame from the peer
	wanted atomic.Int64 // store.Instant until which heartbeats are exchanged
	owe    atomic.Bool  // the peer asked for an answer
	lost   atomic.Bool  // messages may be lost since the last Relinked
}

// get returns the link to a peer, which it makes when there is first need
// of it; nil when the view does not name the peer, and once the worker closes.
func (l *links) get(peer placement.Incarnation) *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.mu.byPeer[peer]; k != nil || l.mu.closed || peer == l.w.incarnation {
		return k
	}
	if _, known := l.w.view().Node(peer); !known {
		return nil
	}
	ctx, cancel := context.WithCancel(l.w.ctx)
	k := newLink(l.w, peer, cancel)
	l.mu.byPeer[peer] = k
	l.wg.Go(func() { k.runUrgent(ctx) })
	l.wg.Go(func() { k.runBulk(ctx) })
	return k
}

func newLink(w *Worker, peer placement.Incarnation, cancel context.CancelFunc) *link {
	k := &link{w: w, peer: peer, cancel: cancel}
	k.heard.Store(int64(w.now()))
	k.urgent = newLane(k, urgentBatch, urgentQueue)
	k.bulk = newLane(k, bulkBatch, bulkQueue)
	// A batch leaves the queue only once the one before has left this node:
	// the queue shows how far the peer keeps up.
	k.bulk.client.MaxOut = 1
	return k
}

// send queues a message. Safe under a partition's lock.
func (l *links) send(to placement.Incarnation, m *replica.Message) {
	k := l.get(to)
	if k == nil {
		return
	}
	lane := k.bulk
	if m.Kind == replica.MsgAck || m.Kind == replica.MsgStale {
		lane = k.urgent
	}
	if !lane.add(m) {
		k.lost.Store(true)
	}
}

// want keeps heartbeats going between this worker and a peer for a while.
func (l *links) want(peer placement.Incarnation, until store.Instant) {
	if k := l.get(peer); k != nil {
		k.wanted.Store(int64(until))
	}
}

// Heard implements replica.Peers.
func (l *links) Heard(peer placement.Incarnation) store.Instant {
	if k := l.get(peer); k != nil {
		return store.Instant(k.heard.Load())
	}
	return 0
}

// Flushed implements replica.Peers. Only what travels on the bulk lane is
// ever sent again.
func (l *links) Flushed(peer placement.Incarnation) bool {
	k := l.get(peer)
	return k == nil || k.bulk.waiting() == 0
}

// crowded reports whether so much waits for a peer that a snapshot should
// wait, too.
func (l *links) crowded(peer placement.Incarnation) bool {
	k := l.get(peer)
	return k != nil && k.bulk.waiting() >= 2*bulkBatch
}

// received takes note of a frame from a peer.
func (l *links) received(now store.Instant, from placement.Incarnation, flags byte) {
	k := l.get(from)
	if k == nil {
		return
	}
	k.heard.Store(int64(now))
	if flags&flagAnswer != 0 {
		k.owe.Store(true)
		k.urgent.signal()
	}
}

// forget ends the links to peers that the view does not name any more.
func (l *links) forget(view *placement.View) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for peer, k := range l.mu.byPeer {
		if _, known := view.Node(peer); !known {
			delete(l.mu.byPeer, peer)
			k.cancel()
		}
	}
}

// close waits for all links; the worker's context has ended.
func (l *links) close() {
	l.mu.Lock()
	l.mu.closed = true
	l.mu.Unlock()
	l.wg.Wait()
}
