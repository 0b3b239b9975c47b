package rpcclient

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"pikv/wire"
)

// errPoolClosed is wrapped, with ErrNotSent, by what a closed pool is asked for.
var errPoolClosed = errors.New("connection pool is closed")

// Pool keeps up to two connections per address: one for small messages and one
// for large values, behind which small ones would wait; see Config.AtMost. Safe for concurrent use.
type Pool struct {
	cfg    Config
	ctx    context.Context // of dials; ends with the pool
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu struct {
		sync.Mutex
		closed bool
		slots  map[lane]*slot
	}
}

// lane is what a connection is kept under.
type lane struct {
	addr  string
	large bool
}

// slot is a connection that is dialled or open.
type slot struct {
	ready chan struct{} // closed when conn or err is set
	conn  *Conn
	err   error
}

// NewPool makes an empty pool.
func NewPool(cfg Config) *Pool {
	p := &Pool{cfg: cfg.withDefaults()}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.mu.slots = make(map[lane]*slot)
	return p
}

// Get returns the connection to addr (host:port), and dials when there is none
// that is usable. Callers that ask meanwhile share the dial; the end of ctx
// ends only the wait. The connection belongs to the pool. The error wraps
// ErrNotSent.
func (p *Pool) Get(ctx context.Context, addr string) (*Conn, error) {
	return p.get(ctx, lane{addr: addr})
}

// GetLarge is Get for requests or replies with a value over 64 KiB.
func (p *Pool) GetLarge(ctx context.Context, addr string) (*Conn, error) {
	return p.get(ctx, lane{addr: addr, large: true})
}

// Open returns the connection to addr that is open and takes calls, nil when there
// is none just now.
func (p *Pool) Open(addr string, large bool) *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.mu.slots[lane{addr: addr, large: large}]
	if s == nil || p.mu.closed {
		return nil
	}
	select {
	case <-s.ready:
		if s.conn != nil && s.conn.Usable() {
			return s.conn
		}
	default:
	}
	return nil
}

func (p *Pool) get(ctx context.Context, l lane) (*Conn, error) {
	s, err := p.slot(l)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.ready:
		return s.conn, s.err
	default:
	}
	select {
	case <-s.ready:
		return s.conn, s.err
	case <-ctx.Done():
		return nil, fmt.Errorf("dial %s: %w: %w", l.addr, ErrNotSent, context.Cause(ctx))
	}
}

// slot returns the slot of l, a new one when there is none or its connection
// takes no calls.
func (p *Pool) slot(l lane) (*slot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed {
		return nil, fmt.Errorf("dial %s: %w: %w", l.addr, ErrNotSent, errPoolClosed)
	}
	if s := p.mu.slots[l]; s != nil && s.usable() {
		return s, nil
	}
	s := &slot{ready: make(chan struct{})}
	p.mu.slots[l] = s
	p.wg.Go(func() { p.keep(l, s) })
	return s, nil
}

// usable reports whether the slot's connection is dialled just now, or takes calls.
func (s *slot) usable() bool {
	select {
	case <-s.ready:
		return s.conn != nil && s.conn.Usable()
	default:
		return true
	}
}

// keep dials, and forgets the connection when it is dead.
func (p *Pool) keep(l lane, s *slot) {
	cfg := p.cfg
	cfg.large = l.large
	s.conn, s.err = Dial(p.ctx, l.addr, cfg)
	if s.err != nil {
		p.forget(l, s)
		close(s.ready)
		return
	}
	if cfg.AtMost > 0 && !l.large {
		// Without it the connection is dead, as the next who uses it will find.
		_ = s.conn.TryNotify(wire.MethodAtMost, func(buf []byte) []byte { return wire.AppendAtMost(buf, cfg.AtMost) })
	}
	close(s.ready)
	select {
	case <-s.conn.Done():
	case <-p.ctx.Done():
	}
	s.conn.end()
	p.forget(l, s)
}

// forget removes s, unless another has taken its place.
func (p *Pool) forget(l lane, s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.slots[l] == s {
		delete(p.mu.slots, l)
	}
}

// Close closes all connections, ends the calls in flight, and waits for all
// goroutines. It may be called again.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.mu.closed = true
	p.mu.Unlock()
	p.cancel()
	p.wg.Wait()
	return nil
}
