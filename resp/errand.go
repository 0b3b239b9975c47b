package resp

import (
	"context"
	"sync"
)

// errandsMost is how many errands work at once. Those that wait do not count: see
// Aside.
const errandsMost = 2

// errands are commands that goroutines run, since they take too long for a loop, or wait
// for other nodes. The goroutines end when there is nothing to do. Safe for concurrent
// use.
type errands struct {
	ctx    context.Context // ends when the server begins to close
	cancel context.CancelFunc
	later  context.Context // ends when the server has waited for what is under way
	end    context.CancelFunc
	all    sync.WaitGroup
	mu     struct {
		sync.Mutex
		waiting []errand // for a turn; a connection has one at most, since its later commands wait
		running int      // how many have one
		closed  bool
	}
}

type errand struct {
	call *Call
	run  func(ctx context.Context, c *Call)
	// goOn is closed when it may go on; nil: it has not begun.
	goOn chan struct{}
	// ctx is that of errands, and ends, too, when the connection is closed.
	ctx    context.Context
	cancel context.CancelFunc
}

func (e *errands) init() {
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.later, e.end = context.WithCancel(context.Background())
}

// errand makes one of a call, which it holds.
func (c *Call) errand(ctx context.Context, run func(ctx context.Context, c *Call)) errand {
	one := errand{call: c, run: run}
	one.ctx, one.cancel = context.WithCancel(ctx)
	c.conn.giveUp = one.cancel
	c.Hold(true)
	return one
}

// Errand has run answer the call, from another goroutine, when few others are under
// way: for what costs this node time. It should give up when ctx ends, as it does when
// the server closes. The command must be a Barrier.
func (c *Call) Errand(run func(ctx context.Context, c *Call)) {
	e := &c.conn.server.errands
	e.add(c.errand(e.ctx, run))
}

// Later is Errand for what waits for other nodes: whatever else is under way, and also
// while the server closes.
func (c *Call) Later(run func(ctx context.Context, c *Call)) {
	e := &c.conn.server.errands
	e.begin(c.errand(e.later, run))
}

// apart runs what lists keys: at once, and as an errand if it would have to wait or the
// Keyspace asks others for keys. run returns false, and has written nothing, when it
// would have to wait and may not.
func (c *Call) apart(run func(ctx context.Context, c *Call, mayWait bool) (done bool)) {
	waits := func(ctx context.Context, c *Call) { run(ctx, c, true) }
	switch s := c.conn.server; {
	case s.cfg.Remote:
		c.Later(waits)
	case !run(s.errands.ctx, c, false):
		c.Errand(waits)
	}
}

func (e *errands) begin(one errand) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.mu.closed {
		one.refuse()
		return
	}
	e.all.Go(func() { e.do(one, false) })
}

func (e *errands) add(one errand) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.mu.closed:
		one.refuse()
	case e.mu.running == errandsMost:
		e.mu.waiting = append(e.mu.waiting, one)
	default:
		e.mu.running++
		e.all.Go(func() { e.work(one) })
	}
}

// refuse answers that the server closes.
func (one errand) refuse() {
	one.cancel()
	one.call.Fail(ErrClosing)
	one.call.Done()
}

// work does errands until none waits.
func (e *errands) work(one errand) {
	for {
		e.do(one, true)
		next, ok := e.pass()
		if !ok {
			return
		}
		one = next
	}
}

// pass gives a turn to whoever has waited for it the longest. It returns an errand that
// is to begin.
func (e *errands) pass() (next errand, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.mu.waiting) == 0 {
		e.mu.running--
		return errand{}, false
	}
	next = e.mu.waiting[0]
	e.mu.waiting[0] = errand{}
	e.mu.waiting = e.mu.waiting[1:]
	if next.goOn != nil {
		close(next.goOn)
		return errand{}, false
	}
	return next, true
}

// Aside runs what waits for others, while another errand has this one's turn. What the
// errand keeps in memory meanwhile must be counted: there may be as many as connections.
func (c *Call) Aside(wait func()) {
	if !c.turn {
		wait()
		return
	}
	e := &c.conn.server.errands
	c.turn = false
	if next, ok := e.pass(); ok {
		e.all.Go(func() { e.work(next) })
	}
	defer e.retake(c)
	wait()
}

// retake waits until an errand has a turn again.
func (e *errands) retake(c *Call) {
	c.turn = true
	e.mu.Lock()
	if e.mu.running < errandsMost {
		e.mu.running++
		e.mu.Unlock()
		return
	}
	goOn := make(chan struct{})
	e.mu.waiting = append(e.mu.waiting, errand{goOn: goOn})
	e.mu.Unlock()
	<-goOn // whoever has a turn works, and passes it on
}

func (e *errands) do(one errand, turn bool) {
	c := one.call
	c.turn = turn
	defer c.Done()
	defer one.cancel()
	defer func() {
		if p := recover(); p != nil {
			c.panicked(p)
		}
	}()
	if one.ctx.Err() != nil {
		c.Fail(ErrClosing)
		return
	}
	one.run(one.ctx, c)
}

// close ends all of them and waits for them.
func (e *errands) close() {
	e.mu.Lock()
	e.mu.closed = true
	e.mu.Unlock()
	e.cancel()
	e.end()
	e.all.Wait()
}
