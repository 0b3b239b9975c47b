package worker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
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
	fillBatch = 32 << 10  // of one frame of a snapshot: what a reply may find before it on the cable
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
	pace  int64             // bytes per second at which a batch leaves; 0: as fast as it can
	tell  func(bytes int64) // of how much more waits; nil for the urgent lane
	wake  chan struct{}     // size 1

	conn atomic.Pointer[rpcclient.Conn] // set by the lane's goroutine; nil when there is none

	// sending is held by who moves messages from the queue to the connection: the
	// lane's goroutine, or one that flushes. It is taken before mu.
	sending sync.Mutex
	head    []byte // under sending, as is buf
	buf     []byte

	mu struct {
		sync.Mutex
		queue  []byte // encoded messages
		ends   []int  // where each message ends in queue
		flying int    // bytes of the batch that is on its way out
		told   int    // what was told
	}

	// Of the lane's goroutine:
	client  rpcclient.Config
	since   time.Time // when the connection was made
	refused time.Time // when dialling failed last
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

// add queues a message; false when there is no room for it. The first one that
// waits sees to it that the queue is looked at; who looks takes all, or looks
// again.
func (l *lane) add(m *replica.Message) bool {
	l.mu.Lock()
	first := len(l.mu.ends) == 0
	room := len(l.mu.queue) <= l.limit
	if room {
		l.mu.queue = replica.AppendMessage(l.mu.queue, m)
		l.mu.ends = append(l.mu.ends, len(l.mu.queue))
		l.countLocked()
	}
	l.mu.Unlock()
	if first && !l.link.w.cfg.Server.Bursts.Defer(l) {
		l.signal()
	}
	return room
}

// countLocked tells the pair how much waits.
func (l *lane) countLocked() {
	if l.tell != nil {
		waiting := len(l.mu.queue) + l.mu.flying
		l.tell(int64(waiting - l.mu.told))
		l.mu.told = waiting
	}
}

// waiting is the number of bytes of messages that have not left this node.
func (l *lane) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.queue) + l.mu.flying
}

// Flush implements rpcconn.Flusher: it sends what waits if that takes no
// waiting, and wakes the lane's goroutine if it does. A large batch is the
// goroutine's, too, which sends the next one only when it has left.
func (l *lane) Flush() {
	if !l.try(messagesOnly) {
		l.signal()
	}
}

// messagesOnly begins a frame that has no beat.
func messagesOnly(head []byte) []byte { return append(head, 0) }

// try sends what waits, behind what begin appends to its argument, if that
// takes no waiting. false: nothing was sent, nor begin called.
func (l *lane) try(begin func(head []byte) []byte) bool {
	if !l.sending.TryLock() {
		return false
	}
	defer l.sending.Unlock()
	conn := l.conn.Load()
	if conn == nil || !conn.Usable() || conn.Full() || l.waiting() > l.batch/4 {
		return false
	}
	l.head = begin(l.head[:0])
	if batch := l.take(l.head); len(batch) > 1 {
		if conn.TryNotify(wire.MethodPeer, l.frame(batch)) != nil {
			l.link.lost.Store(true) // it broke just now, which its goroutine notices
		}
	}
	l.sent()
	return true
}

// take moves the next batch of messages from the queue to the lane's buffer
// and returns it behind head, valid until the next take. The caller holds
// sending.
func (l *lane) take(head []byte) []byte {
	l.buf = append(l.buf[:0], head...)
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.countLocked()
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

// transmit sends a batch from take, whose caller still holds sending, over the
// connection that connect made. It waits for room there, and then until a large
// batch has left. When the connection breaks the batch, and all that waits, is
// lost.
func (l *lane) transmit(ctx context.Context, batch []byte) {
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
	l.sent()
}

// sent notes that the batch of the last take has left.
func (l *lane) sent() {
	l.mu.Lock()
	l.mu.flying = 0
	l.countLocked()
	more := len(l.mu.ends) > 0
	l.mu.Unlock()
	if more {
		l.signal()
	}
	if cap(l.buf) > keepBatch {
		l.buf = nil
	}
}

// send is take and transmit, of messages alone.
func (l *lane) send(ctx context.Context) {
	l.sending.Lock()
	defer l.sending.Unlock()
	if batch := l.take([]byte{0}); len(batch) > 1 {
		l.transmit(ctx, batch)
	}
}

func (l *lane) notify(ctx context.Context, batch []byte) error {
	return l.conn.Load().Notify(ctx, wire.MethodPeer, l.frame(batch))
}

func (l *lane) frame(batch []byte) func(out []byte) []byte {
	return func(out []byte) []byte {
		return wire.AppendPeerParams(out, wire.PeerFrame{From: uint64(l.link.w.incarnation), To: uint64(l.link.peer), Batch: batch})
	}
}

// drop empties the queue: there is no connection.
func (l *lane) drop() {
	l.mu.Lock()
	l.mu.queue, l.mu.ends, l.mu.flying = nil, nil, 0
	l.countLocked()
	l.mu.Unlock()
	l.link.lost.Store(true)
}

// errPaused is returned by connect soon after it has failed.
var errPaused = errors.New("the last attempt to connect has just failed")

// connect sees to a living connection to the peer, who has answered that it is
// the very run of the node that is meant. A peer that cannot be reached is not
// dialled for every message.
func (l *lane) connect(ctx context.Context) error {
	if l.alive() {
		return nil
	}
	l.close()
	conn, err := l.open(ctx)
	if err != nil {
		return err
	}
	l.use(conn)
	return nil
}

// renew makes a new connection in the place of one that lives and seems stuck.
// Until it is there the old one serves, and it stays if it does not seem stuck by
// then, so that nothing gets worse.
func (l *lane) renew(ctx context.Context, stuck func() bool) {
	conn, err := l.open(ctx)
	switch {
	case err != nil:
	case stuck():
		l.link.w.log.Debug("a connection to a worker that lives is stuck: this is a new one", zap.Stringer("peer", l.link.peer))
		l.close()
		l.use(conn)
	default:
		conn.Close()
	}
}

// open makes a connection, unless the last attempt has just failed.
func (l *lane) open(ctx context.Context) (*rpcclient.Conn, error) {
	if time.Since(l.refused) < l.link.w.cfg.Timing.Beat/2 {
		return nil, errPaused
	}
	conn, err := l.dial(ctx)
	if err != nil {
		l.refused = time.Now()
		l.link.w.log.Debug("cannot reach worker", zap.Stringer("peer", l.link.peer), zap.Error(err))
		return nil, err
	}
	if err := conn.Pace(l.pace); err != nil {
		l.link.w.log.Debug("pace snapshots", zap.Stringer("peer", l.link.peer), zap.Error(err))
	}
	return conn, nil
}

func (l *lane) use(conn *rpcclient.Conn) {
	l.since = time.Now()
	l.conn.Store(conn)
}

// dial makes a connection and says hello. A peer that takes longer than its
// silence would be believed is not waited for.
func (l *lane) dial(ctx context.Context) (*rpcclient.Conn, error) {
	node, ok := l.link.w.view().Node(l.link.peer)
	if !ok {
		return nil, errPaused // the link is about to end
	}
	ctx, cancel := context.WithTimeout(ctx, l.link.w.cfg.Timing.Silence)
	defer cancel()
	conn, err := rpcclient.Dial(ctx, node.Addr, l.client)
	if err != nil {
		return nil, err
	}
	if err := conn.Call(ctx, wire.MethodPeer, l.frame(helloBatch()), nil); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// alive reports whether there is a connection that takes frames.
func (l *lane) alive() bool {
	conn := l.conn.Load()
	return conn != nil && conn.Usable()
}

// age is how long there has been a connection, 0 without one.
func (l *lane) age() time.Duration {
	if l.conn.Load() == nil {
		return 0
	}
	return time.Since(l.since)
}

// broken is closed when the connection dies; nil, and so silent, without one.
func (l *lane) broken() <-chan struct{} {
	conn := l.conn.Load()
	if conn == nil {
		return nil
	}
	return conn.Done()
}

// close ends the connection: what it has not delivered is lost.
func (l *lane) close() {
	if conn := l.conn.Swap(nil); conn != nil {
		conn.Close()
		l.link.lost.Store(true)
	}
}

// cut makes the connection break, so that the lane's goroutine makes a new
// one. Safe for concurrent use.
func (l *lane) cut() {
	if conn := l.conn.Load(); conn != nil {
		conn.Close()
	}
}
