package resp

import (
	"context"
	"runtime/debug"
	"sync"

	"go.uber.org/zap"
)

// errandsMost is how many commands that take long are under way at once.
const errandsMost = 2

// errands are commands that take too long for a loop: goroutines run them, which
// end when there is nothing to do. A connection has one at most, since its later
// commands wait. Safe for concurrent use.
type errands struct {
	log    *zap.Logger
	ctx    context.Context // ends when the server closes
	cancel context.CancelFunc
	all    sync.WaitGroup
	mu     struct {
		sync.Mutex
		waiting []errand
		running int
		closed  bool
	}
}

type errand struct {
	call *Call
	run  func(ctx context.Context, c *Call)
}

func (e *errands) init(log *zap.Logger) {
	e.log = log
	e.ctx, e.cancel = context.WithCancel(context.Background())
}

// Errand has run answer the call, from another goroutine. It should give up when
// ctx ends. The command must be a Barrier.
func (c *Call) Errand(run func(ctx context.Context, c *Call)) {
	c.Hold(true)
	c.conn.server.errands.add(errand{c, run})
}

// apart runs what lists keys: at once, and as an errand if it would have to wait or the
// Keyspace asks others for keys. run returns false, and has written nothing, when it
// would have to wait and has no ctx to do so.
func (c *Call) apart(run func(ctx context.Context, c *Call) (done bool)) {
	if !c.conn.server.cfg.Remote && run(nil, c) {
		return
	}
	c.Errand(func(ctx context.Context, c *Call) { run(ctx, c) })
}

func (e *errands) add(one errand) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.mu.closed:
		one.call.Fail(ErrClosing)
		one.call.Done()
	case e.mu.running == errandsMost:
		e.mu.waiting = append(e.mu.waiting, one)
	default:
		e.mu.running++
		e.all.Go(func() { e.work(one) })
	}
}

// work does errands until none waits.
func (e *errands) work(one errand) {
	for {
		e.do(one)
		e.mu.Lock()
		if len(e.mu.waiting) == 0 {
			e.mu.running--
			e.mu.Unlock()
			return
		}
		one = e.mu.waiting[0]
		e.mu.waiting[0] = errand{}
		e.mu.waiting = e.mu.waiting[1:]
		e.mu.Unlock()
	}
}

func (e *errands) do(one errand) {
	c := one.call
	defer c.Done()
	defer func() {
		if p := recover(); p != nil {
			c.conn.server.panics.Add(1)
			e.log.Error("a command panicked", zap.String("command", c.Command.Name), zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
			c.Fail(errPanic)
		}
	}()
	if e.ctx.Err() != nil {
		c.Fail(ErrClosing)
		return
	}
	one.run(e.ctx, c)
}

// close ends the errands and waits for them.
func (e *errands) close() {
	e.mu.Lock()
	e.mu.closed = true
	e.mu.Unlock()
	e.cancel()
	e.all.Wait()
}
