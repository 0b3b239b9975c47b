package eventloop_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pikv/eventloop"
)

// TestCloseWaitsForAnswers has answers come from another goroutine long after
// the server was told to close.
func TestCloseWaitsForAnswers(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		var e ends
		asked := make(chan *eventloop.Conn, 1)
		told := make(chan struct{})
		cfg.Accept = all(script{
			closed: e.closed,
			data: func(turn *eventloop.Turn) {
				turn.In = nil
				asked <- turn.Conn
			},
			eof: func(*eventloop.Turn) { close(told) },
		})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("x"))
		c := receiveIn(t, asked)
		closed := make(chan error, 1)
		go func() { closed <- s.Close(context.Background()) }()
		receiveIn(t, told)
		answer := bytes.Repeat([]byte("late"), 1<<20)
		if err := c.Append(answer); err != nil {
			t.Error(err)
		}
		c.Flush()
		c.Finish()
		expect(t, nc, answer)
		expectEnd(t, nc)
		if err := receiveIn(t, closed); err != nil {
			t.Error(err)
		}
		if got := e.list(); len(got) != 1 || got[0] != nil {
			t.Errorf("Closed was told %v", got)
		}
		// The port may be another's by now.
		before := s.Stats().Accepted
		if nc, err := net.Dial("tcp", addr); err == nil {
			nc.Close()
			if s.Stats().Accepted != before {
				t.Error("a connection is accepted after Close")
			}
		}
	})
}

func TestCloseLosesPatience(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		var e ends
		var back atomic.Int32
		cfg.Accept = all(script{
			closed: e.closed,
			data: func(turn *eventloop.Turn) {
				turn.In = nil
				turn.Lend(make([]byte, 64<<20), func() { back.Add(1) })
				turn.Conn.Pause()
			},
			eof: func(*eventloop.Turn) {}, // never finishes
		})
		s, addr := start(t, cfg)
		for range 3 {
			nc := dial(t, addr)
			write(t, nc, []byte("x"))
			expect(t, nc, make([]byte, 1)) // the others are on their way
		}
		ctx, cancel := contextFor(10 * time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		for range 2 { // safe to call from anywhere
			wg.Go(func() {
				if err := s.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := e.list(); len(got) != 3 || !errors.Is(got[0], eventloop.ErrShutdown) {
			t.Errorf("Closed was told %v", got)
		}
		if back.Load() != 3 {
			t.Errorf("%d loans were given back", back.Load())
		}
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestFinishWhileThePeerSendsOn(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Linger = patience
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			turn.In = nil
			turn.Out = append(turn.Out, "bye"...)
			turn.Conn.Finish()
		}})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		for range 100 {
			write(t, nc, make([]byte, 50_000))
		}
		expect(t, nc, []byte("bye"))
		expectEnd(t, nc)
		nc.Close()
		await(t, "the connection is gone", func() bool { return s.Stats().Open == 0 })
	})
}

func TestLingerHasAnEnd(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) { turn.Conn.Finish() }})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("x"))
		expectEnd(t, nc)
		await(t, "the connection is gone though the peer keeps it", func() bool { return s.Stats().Open == 0 })
	})
}

func TestCloseFromAnywhere(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := make(chan *eventloop.Conn, 1)
		var e ends
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return script{closed: e.closed}
		}
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		receiveIn(t, conns).Close()
		expectEnd(t, nc)
		await(t, "Closed is called", func() bool { return len(e.list()) == 1 })
		if err := e.list()[0]; err != nil {
			t.Error(err)
		}
	})
}
