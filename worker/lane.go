package worker

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"pikv/replica"
	"pikv/rpcclient"
	"pikv/wire"
)

// Sizes in bytes. What comes on top of a full queue is lost, and sent again
// later.
const (
	bulkQueue = 8 << 20
	bulkBatch = 512 << 10 // of one frame, but at least one message; with --max-value at its least a frame has 1 MiB
	// Small enough that the receiver asks no budget for it, which clients may
	// have used up.
	urgentBatch = 3 << 10
	urgentQueue = 1 << 20
	// keepBatch is the largest buffer that a lane keeps.
	keepBatch = 1 << 20
)

// lane is one connection to a peer, with the messages that wait for it.
type lane struct {
	link  *link
	batch int
	limit int
	wake  chan struct{} // size 1

	mu struct {
		sync.Mutex
		queue  []byte // encoded messages
		ends   []int  // where each message ends in queue
		flying int    // bytes of the batch that is on its way out
	}

	// Of the lane's goroutine:
	client  rpcclient.Config
	conn    *rpcclient.Conn // nil when there is none
	refused time.Time       // when dialling failed last
	buf     []byte
}

func newLane(k *link, batch, limit int) *lane {
	return &lane{link: k, batch: batch, limit: limit, wake: make(chan struct{}, 1), client: k.w.clientConfig()}
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// add queues a message; false when there is no room for it.
func (l *lane) add(m *replica.Message) bool {
	l.mu.Lock()
	room := len(l.mu.queue) <= l.limit
	if room {
		l.mu.queue = replica.AppendMessage(l.mu.queue, m)
		l.mu.ends = append(l.mu.ends, len(l.mu.queue))
	}
	l.mu.Unlock()
	l.signal()
	return room
}

// waiting is the number of bytes of messages that have not left this node.
func (l *lane) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.queue) + l.mu.flying
}

// take moves the next batch of messages from the queue to the lane's buffer
// and returns it behind flags, valid until the next take.
func (l *lane) take(flags byte) []byte {
	l.buf = append(l.buf[:0], flags)
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.mu.ends) && (n == 0 || l.mu.ends[n] <= l.batch) {
		n++
	}
	l.mu.flying = 0
	if n == 0 {
		return l.buf
	}
	cut := l.mu.ends[n-1]
	l.mu.flying = cut
	l.buf = append(l.buf, l.mu.queue[:cut]...)
	rest := copy(l.mu.queue, l.mu.queue[cut:])
	if l.mu.queue = l.mu.queue[:rest]; cap(l.mu.queue) > keepBatch && rest == 0 {
		l.mu.queue = nil
	}
	l.mu.ends = l.mu.ends[:copy(l.mu.ends, l.mu.ends[n:])]
	for i := range l.mu.ends {
		l.mu.ends[i] -= cut
	}
	return l.buf
}

// transmit sends a batch from take. It waits for room on the connection, and
// then until a large batch has left; without a connection the batch, and all
// that waits, is lost.
func (l *lane) transmit(ctx context.Context, batch []byte) {
	if !l.connect(ctx) {
		l.drop()
		return
	}
	err := l.notify(ctx, batch)
	if err == nil && len(batch) > l.batch/4 && l.client.MaxOut == 1 {
		err = l.notify(ctx, []byte{0}) // has room only once the batch has left
	}
	if err != nil {
		l.link.w.log.Debug("link broke", zap.Stringer("peer", l.link.peer), zap.Error(err))
		l.close()
		l.drop()
		return
	}
	l.mu.Lock()
	l.mu.flying = 0
	more := len(l.mu.ends) > 0
	l.mu.Unlock()
	if more {
		l.signal()
	}
	if cap(l.buf) > keepBatch {
		l.buf = nil
	}
}

func (l *lane) notify(ctx context.Context, batch []byte) error {
	return l.conn.Notify(ctx, wire.MethodPeer, func(out []byte) []byte {
		return wire.AppendPeerParams(out, wire.PeerFrame{From: uint64(l.link.w.incarnation), To: uint64(l.link.peer), Batch: batch})
	})
}

// drop empties the queue: there is no connection.
func (l *lane) drop() {
	l.mu.Lock()
	l.mu.queue, l.mu.ends, l.mu.flying = nil, nil, 0
	l.mu.Unlock()
	l.link.lost.Store(true)
}

// connect sees to a living connection to the peer. A peer that cannot be
// reached is not dialled for every message.
func (l *lane) connect(ctx context.Context) bool {
	if l.alive() {
		return true
	}
	l.close()
	node, ok := l.link.w.view().Node(l.link.peer)
	if !ok || time.Since(l.refused) < pingEvery/2 {
		return false
	}
	dialCtx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := rpcclient.Dial(dialCtx, node.Addr, l.client)
	if err != nil {
		l.refused = time.Now()
		l.link.w.log.Debug("cannot reach worker", zap.String("node", node.Name), zap.Error(err))
		return false
	}
	l.conn = conn
	return true
}

// alive reports whether there is a connection that takes frames.
func (l *lane) alive() bool { return l.conn != nil && l.conn.Usable() }

// broken is closed when the connection dies; nil, and so silent, without one.
func (l *lane) broken() <-chan struct{} {
	if l.conn == nil {
		return nil
	}
	return l.conn.Done()
}

// close ends the connection: what it has not delivered is lost.
func (l *lane) close() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
		l.link.lost.Store(true)
	}
}
