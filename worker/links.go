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
// nobody else: a stranger may claim to be anyone. It implements replica.Pairs.
type links struct {
	w  *Worker
	wg sync.WaitGroup
	mu struct {
		sync.Mutex
		byPeer map[placement.Incarnation]*link
		closed bool
	}
	// sharers are the links to those that are replicas of a partition with
	// this node; never nil.
	sharers atomic.Pointer[[]*link]
}

func newLinks(w *Worker) *links {
	l := &links{w: w}
	l.mu.byPeer = make(map[placement.Incarnation]*link)
	l.sharers.Store(new([]*link))
	return l
}

// link is the way to one other worker: a lane for entries, one for snapshots,
// which are paced, and an urgent one for heartbeats and acknowledgements, which a
// large value would hold up for so long that a live worker seemed dead. Each lane
// keeps its order, and none minds that of another. When
// messages were lost, the cores are told.
type link struct {
	w      *Worker
	peer   placement.Incarnation
	pair   *replica.Pair
	cancel context.CancelFunc // of all lanes
	urgent *lane
	bulk   *lane
	fill   *lane

	allowed  allowance                    // for the fill lane
	shared   atomic.Pointer[[]*partition] // of which both are replicas; never nil
	question atomic.Int64                 // the peer's latest request for a lease, 0 when it is answered
	heard    atomic.Int64                 // when the peer's latest request came
	asked    atomic.Int64                 // this node's latest request, by its clock
	answered atomic.Int64                 // and the latest that the peer has answered
	lost     atomic.Bool                  // messages may be lost since the last Relinked
	judged   atomic.Int64                 // when the cores were last told of its silence
	refusal  complaint                    // of the urgent lane's goroutine: the peer does not take this worker
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
	l.wg.Go(func() { k.runQueue(ctx, k.bulk) })
	l.wg.Go(func() { k.runQueue(ctx, k.fill) })
	return k
}

func newLink(w *Worker, peer placement.Incarnation, cancel context.CancelFunc) *link {
	k := &link{w: w, peer: peer, pair: replica.NewPair(w.now()), cancel: cancel}
	k.shared.Store(new([]*partition))
	k.urgent = newLane(k, urgentBatch, urgentQueue)
	k.bulk = newLane(k, bulkBatch, bulkQueue)
	k.fill = newLane(k, fillBatch, bulkQueue)
	// A peer that takes nothing for so long gets a new connection.
	k.urgent.client.WriteTimeout = w.cfg.Timing.Silence
	k.bulk.tell, k.fill.tell = k.pair.Queue, k.pair.QueueFill
	k.fill.pace = w.filler.rate
	for _, l := range [...]*lane{k.bulk, k.fill} {
		// A batch leaves the queue only once the one before has left this
		// node: the queue shows how far the peer keeps up.
		l.client.MaxOut = 1
	}
	return k
}

// send queues a message. Safe under a partition's lock.
func (l *links) send(to placement.Incarnation, m *replica.Message) {
	k := l.get(to)
	if k == nil {
		return
	}
	lane := k.bulk
	switch m.Kind {
	case replica.MsgAck, replica.MsgBodyAck, replica.MsgStale:
		lane = k.urgent
	case replica.MsgFill:
		lane = k.fill
	}
	if !lane.add(m) {
		k.lost.Store(true)
	}
}

// Pair implements replica.Pairs. A node that the view does not name gets a
// pair of its own that nobody else knows.
func (l *links) Pair(peer placement.Incarnation) *replica.Pair {
	if k := l.get(peer); k != nil {
		return k.pair
	}
	return replica.NewPair(l.w.now())
}

// crowded reports whether a snapshot should wait: for what else goes to the
// peer, or for its share of the rate.
func (l *links) crowded(peer placement.Incarnation) bool {
	k := l.get(peer)
	return k != nil && (k.bulk.waiting() >= 2*bulkBatch || k.fill.waiting() >= fillBatch || !k.allowed.any())
}

// behind reports whether so much waits for a peer already that what nobody waits
// for should not come on top.
func (l *links) behind(peer placement.Incarnation) bool {
	k := l.get(peer)
	return k != nil && k.bulk.waiting() >= bulkBatch
}

// spend takes what was sent of a snapshot from the peer's share of the rate.
func (l *links) spend(peer placement.Incarnation, bytes int) {
	if k := l.get(peer); k != nil {
		k.allowed.spend(bytes)
	}
}

// shareRate gives each peer its part of the rate for background streams, 0 for
// no limit.
func (l *links) shareRate(view *placement.View, limit int64) {
	shares := fairShares(flows(view), limit)
	for _, k := range *l.sharers.Load() {
		share, filled := shares[flow{l.w.incarnation, k.peer}]
		if !filled {
			share = limit
		} else if limit > 0 {
			share = max(share, 1) // 0 is no limit
		}
		k.allowed.set(share)
	}
}

// share takes note of who shares which partitions with this node in a view:
// with these it exchanges heartbeats, and their silence concerns just those
// partitions. Called under the follower's lock.
func (l *links) share(view *placement.View, partitions []partition) {
	shared := make(map[placement.Incarnation][]*partition)
	for i := range view.Partitions {
		if !view.Holds(placement.PartitionID(i), l.w.incarnation) {
			continue
		}
		for _, list := range [...][]placement.Incarnation{view.Partitions[i].InSync, view.Partitions[i].Learners} {
			for _, peer := range list {
				if peer != l.w.incarnation {
					shared[peer] = append(shared[peer], &partitions[i])
				}
			}
		}
	}
	var sharers []*link
	for _, node := range view.Nodes {
		with := shared[node.Incarnation]
		if len(with) == 0 {
			continue
		}
		if k := l.get(node.Incarnation); k != nil {
			k.shared.Store(&with)
			k.judged.Store(0) // what is new must hear of an old silence
			k.urgent.signal()
			sharers = append(sharers, k)
		}
	}
	old := *l.sharers.Swap(&sharers)
	for _, k := range old {
		if len(shared[k.peer]) == 0 {
			k.shared.Store(new([]*partition))
		}
	}
}

// beat asks all that share a partition with this node for their leases, if that
// is due.
func (l *links) beat(now store.Instant) {
	for _, k := range *l.sharers.Load() {
		k.ask(now)
	}
}

// lead returns when the worker to keep step with was last heard to beat: of all
// that share a partition with this node, and are not silent, the one of the least
// incarnation; 0 if that is this node itself. Whatever the order in which they
// started, all come to follow the same one, or one who follows it.
func (l *links) lead(now store.Instant) store.Instant {
	lead, least := store.Instant(0), l.w.incarnation
	for _, k := range *l.sharers.Load() {
		if k.peer < least && !k.pair.Silent(now, l.w.cfg.Timing.Silence) {
			lead, least = store.Instant(k.heard.Load()), k.peer
		}
	}
	return lead
}

// judge tells the cores that share a partition with a silent peer: at once,
// and then often enough for what they ask of the register in their turn.
func (l *links) judge(now store.Instant) {
	for _, k := range *l.sharers.Load() {
		if !k.pair.Gone() && !k.pair.Silent(now, l.w.cfg.Timing.Silence) {
			k.judged.Store(0)
			continue
		}
		if last := k.judged.Load(); last == 0 || int64(now)-last >= int64(judgeEvery) {
			k.judged.Store(int64(now))
			l.w.tickShared(k)
		}
	}
}

// excuse lets everybody's silence count from now: this node has slept itself.
// Who is known to be gone stays so.
func (l *links) excuse(now store.Instant) {
	for _, k := range *l.sharers.Load() {
		k.answered.Store(int64(now))
		if !k.pair.Gone() {
			k.pair.Hear(now)
		}
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
