package rpcconn

import (
	"context"
	"errors"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"pikv/socket"
	"pikv/wire"
)

var (
	// ErrClosed is returned for frames that come after Finish, Abort or a failed write.
	ErrClosed = errors.New("connection is closed for sending")
	// ErrSlow ends a connection whose peer takes too little of what waits for it.
	ErrSlow = errors.New("peer takes what is sent to it too slowly")
	// ErrFull is returned by Offer and Try while the outbox is full, see Config.Limit.
	ErrFull = errors.New("too many bytes wait to be sent")
)

// Config bounds an Outbox.
type Config struct {
	// Limit is the number of waiting bytes from which on the outbox is full.
	// Append still takes frames then. It is full, too, while frames gather for
	// which there is no room in Budget.
	Limit int64
	// WriteTimeout ends the connection when the peer has taken no byte for
	// so long while bytes wait. 0 is never.
	WriteTimeout time.Duration
	// LeastRate is how many bytes a second the peer must take, in each WriteTimeout in
	// which bytes wait all the time. 0: any.
	LeastRate int64
	// Budget counts the waiting bytes, except a few KiB. It may be nil.
	Budget *wire.Budget
	// Large says that most frames are.
	Large bool
	// Bursts of the node, which frames of other goroutines than the connection's
	// reader may wait for. It may be nil.
	Bursts *Bursts
	// Failed is called once, without locks held, when a write failed; the
	// owner then closes the connection. It must not wait for Run.
	Failed func(error)
}

// Outbox is the sending half of a connection. Safe for concurrent use.
type Outbox struct {
	conn  net.Conn
	cfg   Config
	try   *socket.TryWriter // nil: writes to conn may block, so only Run writes
	full  atomic.Bool       // Limit bytes or more wait, or some that mu.cur has no budget for
	wake  chan struct{}     // tells Run to look again
	next  [maxPieces][]byte // of who has set mu.writing: what it writes
	takes socket.Takes      // what Run sends

	mu struct {
		sync.Mutex
		err       error  // set once: nothing is taken or written any more
		cur       *chunk // frames that wait, nil when none do
		rest      *chunk // what a flusher left because the socket was full; writing is set, Run goes on
		writing   bool   // somebody owns the socket
		stuck     bool   // with writing: it is Run, which waits for the socket
		corked    bool   // frames wait for Uncork
		finishing bool
		appended  int64         // bytes of all frames so far
		taken     int64         // of these, handed to a writer
		sent      int64         // of these, taken by the kernel
		room      chan struct{} // closed when the outbox is no longer full; nil when nobody waits
	}
}

// New makes the outbox of conn. The caller runs Run.
func New(conn net.Conn, cfg Config) *Outbox {
	return &Outbox{conn: conn, cfg: cfg, try: socket.NewTryWriter(conn), wake: make(chan struct{}, 1)}
}

// Append adds the frame that frame appends to its argument and returns the
// number of bytes of all frames up to its end; compare it with Sent. frame runs
// under the outbox's lock: it must only append. If it panics the outbox is as
// before. credit bytes were already taken from the budget for it and
// belong to the outbox from now on, whatever the result.
func (o *Outbox) Append(frame func(buf []byte) []byte, credit int64) (end int64, err error) {
	end, first, err := o.append(frame, nil, credit, whatever)
	if first && !o.cfg.Bursts.Defer(o) {
		o.signal()
	}
	return end, err
}

// Lend is Append for a frame of which l.Bytes is a part that stays where it is:
// head appends what comes before it.
func (o *Outbox) Lend(head func(buf []byte) []byte, l *Loan, credit int64) (end int64, err error) {
	end, first, err := o.append(head, l, credit, whatever)
	if err != nil {
		l.Done()
	} else if first && !o.cfg.Bursts.Defer(o) {
		o.signal()
	}
	return end, err
}

// Offer is Append for callers that write themselves: it leaves the frame to
// whoever writes or has promised to, and when there is nobody, lead is true and
// the caller must call Flush. It returns ErrFull while the outbox is full.
func (o *Outbox) Offer(frame func(buf []byte) []byte) (end int64, lead bool, err error) {
	return o.append(frame, nil, 0, o.cfg.Limit)
}

// OfferLent is Offer for a frame of which l.Bytes is a part that stays where it is:
// head appends what comes before it. l is given back only if there is no error.
func (o *Outbox) OfferLent(head func(buf []byte) []byte, l *Loan) (end int64, lead bool, err error) {
	return o.append(head, l, 0, o.cfg.Limit)
}

// Try is Append for callers that can do without: it returns ErrFull while more
// than half of Config.Limit waits. They would overtake those who wait for room, again and again.
func (o *Outbox) Try(frame func(buf []byte) []byte) (end int64, err error) {
	end, first, err := o.append(frame, nil, 0, o.cfg.Limit/2)
	if first && !o.cfg.Bursts.Defer(o) {
		o.signal()
	}
	return end, err
}

// whatever waits, append takes a frame.
const whatever = math.MaxInt64

// append refuses the frame while more than most bytes wait. It returns first when nobody knows yet
// that frames wait: later ones join the first, and a writer looks again when it is done.
func (o *Outbox) append(frame func(buf []byte) []byte, l *Loan, credit, most int64) (end int64, first bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	err = o.mu.err
	if err == nil && most < whatever && (o.full.Load() || o.mu.appended-o.mu.sent > most) {
		err = ErrFull
	}
	if err != nil {
		o.cfg.Budget.Release(credit)
		return 0, false, err
	}
	c := o.mu.cur
	if c == nil {
		size := credit
		switch {
		case l != nil:
			size = 0
		case o.cfg.Large:
			size = keepLarge // of which a part will do
		}
		c = newChunk(size)
		o.mu.cur = c
	}
	before := c.size()
	c.buf = frame(c.buf)
	if l != nil {
		c.lend(l)
	}
	grown := int64(c.size() - before)
	c.charge(o.cfg.Budget, grown, credit)
	o.mu.appended += grown
	if c.over || o.mu.appended-o.mu.sent >= o.cfg.Limit {
		o.full.Store(true)
	}
	return o.mu.appended, before == 0 && !o.mu.writing && !o.mu.corked, nil
}

// Full reports whether so much waits that no more should be added, see Config.Limit.
func (o *Outbox) Full() bool { return o.full.Load() }

// WaitRoom waits until the outbox is not full. It returns ErrClosed when it is
// closed, or the error of ctx.
func (o *Outbox) WaitRoom(ctx context.Context) error {
	for {
		o.mu.Lock()
		if err := o.mu.err; err != nil || !o.full.Load() {
			o.mu.Unlock()
			return err
		}
		if o.mu.room == nil {
			o.mu.room = make(chan struct{})
		}
		room := o.mu.room
		o.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Sent returns how many bytes the peer may have received: a frame whose end is
// beyond that did not reach it whole, and never will once the outbox is closed.
func (o *Outbox) Sent() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.writing {
		return o.mu.taken // how many of these the kernel took is not known yet
	}
	return o.mu.sent
}

// Finish makes Run write what waits and return. Frames that come later are refused.
func (o *Outbox) Finish() {
	o.mu.Lock()
	o.mu.finishing = true
	o.mu.corked = false
	o.mu.Unlock()
	o.signal()
}

// Abort makes Run return and throws away what waits. A write that is going on
// ends when the caller closes the connection.
func (o *Outbox) Abort() {
	o.mu.Lock()
	o.closeLocked()
}

// closeLocked refuses frames from now on and drops those that wait, and unlocks:
// to give back what was lent may take locks under which frames are appended.
func (o *Outbox) closeLocked() {
	cur, rest := o.mu.cur, o.mu.rest
	o.mu.err, o.mu.cur, o.mu.rest = ErrClosed, nil, nil
	if rest != nil {
		o.mu.writing = false
	}
	if o.mu.room != nil {
		close(o.mu.room)
		o.mu.room = nil
	}
	o.mu.Unlock()
	cur.recycle(o.cfg.Budget)
	rest.recycle(o.cfg.Budget)
	o.signal()
}

// signal makes Run look again; one signal that waits is enough.
func (o *Outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
