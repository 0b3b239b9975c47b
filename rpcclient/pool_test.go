package rpcclient

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pikv/rpcserver"
	"pikv/wire"
)

// counting counts the dials of a pool.
func counting(n *atomic.Int64) Dialer {
	return func(ctx context.Context, addr string) (net.Conn, error) {
		n.Add(1)
		return dialTCP(ctx, addr)
	}
}

func pool(t *testing.T, cfg Config) *Pool {
	p := NewPool(cfg)
	t.Cleanup(func() { p.Close() })
	return p
}

func TestPoolDialsOncePerAddressAndLane(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) { s.Handle("Echo", echo) })
	var dials atomic.Int64
	p := pool(t, Config{Dialer: counting(&dials)})
	conns := make([]*Conn, 20)
	var wg sync.WaitGroup
	for i := range conns {
		wg.Go(func() {
			c, err := p.Get(within(t), addr)
			if err != nil {
				t.Error(err)
				return
			}
			conns[i] = c
			if err := c.Call(within(t), "Echo", bin(nil), nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, c := range conns {
		if c != conns[0] {
			t.Fatal("two connections to one address")
		}
	}
	large, err := p.GetLarge(within(t), addr)
	if err != nil || large == conns[0] {
		t.Errorf("large values share the connection of small ones (%v)", err)
	}
	if n := dials.Load(); n != 2 {
		t.Errorf("%d dials, want 2", n)
	}
}

func TestPoolReplacesDeadConnections(t *testing.T) {
	s, addr := serve(t, rpcserver.Config{Linger: patience}, func(s *rpcserver.Server) { s.Handle("Echo", echo) })
	var down atomic.Bool
	p := pool(t, Config{Dialer: func(ctx context.Context, addr string) (net.Conn, error) {
		if down.Load() { // the port itself may be another's by then
			return nil, syscall.ECONNREFUSED
		}
		return dialTCP(ctx, addr)
	}})
	first, err := p.Get(within(t), addr)
	if err != nil {
		t.Fatal(err)
	}
	first.end()
	second, err := p.Get(within(t), addr)
	if err != nil || second == first {
		t.Fatalf("got the dead connection again (%v)", err)
	}
	eventually(t, "the server has the second one", func() bool { return s.Stats().Accepted == 2 && s.Stats().Conns == 1 })
	down.Store(true)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Close(ctx); !errors.Is(err, context.Canceled) { // as a node that dies
		t.Errorf("close server: %v", err)
	}
	<-second.Done()
	eventually(t, "the dead connection is forgotten", func() bool { return p.size() == 0 })
	_, err = p.Get(within(t), addr)
	fate(t, err, ErrNotSent)
	eventually(t, "the failed dial is forgotten", func() bool { return p.size() == 0 })
}

func (p *Pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.mu.slots)
}

// One caller's patience does not decide about the others' dial.
func TestPoolSharesADialBeyondOneContext(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) { s.Handle("Echo", echo) })
	release := make(chan struct{})
	p := pool(t, Config{Dialer: func(ctx context.Context, addr string) (net.Conn, error) {
		<-release
		return dialTCP(ctx, addr)
	}})
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	_, err := p.Get(ctx, addr)
	fate(t, err, ErrNotSent)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := p.Get(within(t), addr)
		got <- err
	}()
	close(release)
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestPoolReplacesARetiredConnection(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.Handle("Leave", func(_ context.Context, c *rpcserver.Call) { c.Fail(wire.Errorf(wire.CodeShuttingDown, "bye")) })
	})
	p := pool(t, Config{})
	first, err := p.Get(within(t), addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Call(within(t), "Leave", nil, nil); !errors.Is(err, &wire.Error{Code: wire.CodeShuttingDown}) {
		t.Fatal(err)
	}
	second, err := p.Get(within(t), addr)
	if err != nil || second == first {
		t.Errorf("got the retired connection again (%v)", err)
	}
}

func TestPoolClose(t *testing.T) {
	p, addr := NewPool(Config{}), ""
	kept := make(chan *rpcserver.Call, 1)
	_, addr = serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.Handle("Keep", func(_ context.Context, c *rpcserver.Call) { kept <- c })
	})
	c, err := p.Get(within(t), addr)
	if err != nil {
		t.Fatal(err)
	}
	inFlight := going(within(t), c, "Keep")
	call := <-kept
	hanging := NewPool(Config{Dialer: func(ctx context.Context, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	dialling := make(chan error, 1)
	go func() {
		_, err := hanging.Get(within(t), "nowhere:1")
		dialling <- err
	}()
	eventually(t, "the dial begins", func() bool { return hanging.size() == 1 })
	for range 2 {
		if err := errors.Join(p.Close(), hanging.Close()); err != nil {
			t.Error(err)
		}
	}
	fate(t, <-inFlight, ErrBroken)
	fate(t, <-dialling, ErrNotSent)
	_, err = p.Get(within(t), addr)
	fate(t, err, ErrNotSent)
	call.Reply(wire.AppendNil)
}

// The connection for small messages says so before all else, that for large ones
// says nothing.
func TestPoolTellsWhatItWants(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.Handle("Wants", func(_ context.Context, c *rpcserver.Call) {
			c.Reply(func(buf []byte) []byte { return wire.AppendBool(buf, c.Wants(100<<10+1)) })
		})
	})
	p := pool(t, Config{AtMost: 100 << 10})
	for _, get := range []func(context.Context, string) (*Conn, error){p.Get, p.GetLarge} {
		c, err := get(within(t), addr)
		if err != nil {
			t.Fatal(err)
		}
		var wants bool
		if err := c.Call(within(t), "Wants", nil, func(d *wire.Decoder) error {
			wants = d.Bool()
			return d.Err()
		}); err != nil {
			t.Fatal(err)
		}
		if large := c == p.Open(addr, true); wants != large {
			t.Errorf("a large answer is wanted: %v; the connection is for large ones: %v", wants, large)
		}
	}
}
