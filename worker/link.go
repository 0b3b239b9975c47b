package worker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcclient"
	"pikv/store"
	"pikv/wire"
)

// A batch begins with one byte of flags; messages follow.
const flagAnswer = 1 // the receiver should send something back soon

const (
	maxQueue = 8 << 20 // bytes waiting for one peer; what comes on top is lost, and sent again later
	maxBatch = 1 << 20 // bytes in one frame, but at least one message
)

// links carries messages to the other workers: one connection and one
// goroutine per peer, started when there is first something to send.
type links struct {
	w      *Worker
	mu     sync.Mutex
	byPeer map[placement.Incarnation]*link
	closed bool
	wg     sync.WaitGroup
}

// link is the way to one other worker. Messages keep their order; after a
// broken connection some may be missing, and the cores are told.
type link struct {
	w    *Worker
	peer placement.Incarnation
	wake chan struct{} // size 1

	heard  atomic.Int64 // store.Instant of the last frame from the peer
	wanted atomic.Int64 // store.Instant until which heartbeats are exchanged
	owe    atomic.Bool  // the peer asked for an answer

	mu struct {
		sync.Mutex
		queue   []byte // encoded messages
		ends    []int  // where each message ends in queue
		sending bool   // a batch is on its way out
		lost    bool   // messages were dropped since the last Relinked
	}
}

// get returns the link to a peer, or nil once the worker closes.
func (l *links) get(peer placement.Incarnation) *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.byPeer[peer]; k != nil || l.closed {
		return k
	}
	k := &link{w: l.w, peer: peer, wake: make(chan struct{}, 1)}
	k.heard.Store(int64(l.w.now()))
	l.byPeer[peer] = k
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		k.run(l.w.ctx)
	}()
	return k
}

// send queues a message. Safe under a partition's lock.
func (l *links) send(to placement.Incarnation, m *replica.Message) {
	if k := l.get(to); k != nil {
		k.enqueue(m)
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

// Flushed implements replica.Peers.
func (l *links) Flushed(peer placement.Incarnation) bool {
	k := l.get(peer)
	if k == nil {
		return true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.mu.ends) == 0 && !k.mu.sending
}

// received takes one frame from a peer.
func (l *links) received(now store.Instant, from placement.Incarnation, flags byte) {
	k := l.get(from)
	if k == nil {
		return
	}
	k.heard.Store(int64(now))
	if flags&flagAnswer != 0 {
		k.owe.Store(true)
		k.signal()
	}
}

// forget ends the links to peers that the view does not name any more.
func (l *links) forget(view *placement.View) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for peer, k := range l.byPeer {
		if _, known := view.Node(peer); !known && store.Instant(k.heard.Load())+store.Instant(time.Minute) < l.w.now() {
			delete(l.byPeer, peer)
			k.wanted.Store(-1)
			k.signal()
		}
	}
}

// close waits for all links; the worker's context has ended.
func (l *links) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.wg.Wait()
}

func (k *link) signal() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *link) enqueue(m *replica.Message) {
	k.mu.Lock()
	if len(k.mu.queue) > maxQueue {
		k.mu.lost = true
	} else {
		k.mu.queue = replica.AppendMessage(k.mu.queue, m)
		k.mu.ends = append(k.mu.ends, len(k.mu.queue))
	}
	k.mu.Unlock()
	k.signal()
}

// take moves the next batch of messages from the queue to buf.
func (k *link) take(buf []byte) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for n < len(k.mu.ends) && (n == 0 || k.mu.ends[n] <= maxBatch) {
		n++
	}
	k.mu.sending = n > 0
	if n == 0 {
		return buf
	}
	cut := k.mu.ends[n-1]
	buf = append(buf, k.mu.queue[:cut]...)
	rest := copy(k.mu.queue, k.mu.queue[cut:])
	if k.mu.queue = k.mu.queue[:rest]; cap(k.mu.queue) > maxBatch && rest == 0 {
		k.mu.queue = nil
	}
	k.mu.ends = k.mu.ends[:copy(k.mu.ends, k.mu.ends[n:])]
	for i := range k.mu.ends {
		k.mu.ends[i] -= cut
	}
	return buf
}

// drop empties the queue: there is no connection.
func (k *link) drop() {
	k.mu.Lock()
	k.mu.queue, k.mu.ends, k.mu.sending, k.mu.lost = nil, nil, false, true
	k.mu.Unlock()
}

// relinked reports whether messages were lost, once.
func (k *link) relinked() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	lost := k.mu.lost
	k.mu.lost = false
	return lost
}

// run sends what is queued, and heartbeats while they are wanted.
func (k *link) run(ctx context.Context) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	var conn *rpcclient.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	var buf []byte
	var pinged time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-tick.C:
		}
		if k.wanted.Load() < 0 {
			return
		}
		flags := byte(0)
		if now := k.w.now(); store.Instant(k.wanted.Load()) > now {
			flags = flagAnswer
		}
		buf = k.take(append(buf[:0], flags))
		owe := k.owe.Swap(false)
		if len(buf) == 1 && !owe && (flags == 0 || time.Since(pinged) < pingEvery/2) {
			continue
		}
		pinged = time.Now()
		if conn = k.connect(ctx, conn); conn == nil {
			k.drop()
			continue
		}
		if k.relinked() {
			k.w.relinked(k.peer)
		}
		if err := conn.Notify(ctx, wire.MethodPeer, func(out []byte) []byte {
			return wire.AppendPeerParams(out, wire.PeerFrame{From: uint64(k.w.incarnation), To: uint64(k.peer), Batch: buf})
		}); err != nil {
			k.w.log.Debug("link broke", zap.Stringer("peer", k.peer), zap.Error(err))
			k.drop()
			continue
		}
		k.mu.Lock()
		k.mu.sending = false
		more := len(k.mu.ends) > 0
		k.mu.Unlock()
		if more {
			k.signal()
		}
		if cap(buf) > 2*maxBatch {
			buf = nil
		}
	}
}

// connect returns a living connection to the peer, or nil.
func (k *link) connect(ctx context.Context, conn *rpcclient.Conn) *rpcclient.Conn {
	if conn != nil {
		select {
		case <-conn.Done():
			conn.Close()
			k.mu.Lock()
			k.mu.lost = true
			k.mu.Unlock()
		default:
			return conn
		}
	}
	node, ok := k.w.view().Node(k.peer)
	if !ok {
		return nil
	}
	dialCtx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := rpcclient.Dial(dialCtx, node.Addr, k.w.clientConfig())
	if err != nil {
		k.w.log.Debug("cannot reach worker", zap.String("node", node.Name), zap.Error(err))
		return nil
	}
	return conn
}
