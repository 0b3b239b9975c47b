package eventloop_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"pikv/eventloop"
)

// TestBackPressure has a client send requests and read no answer.
func TestBackPressure(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		const requests = 2000
		answer := bytes.Repeat([]byte("a"), 32<<10)
		var most, served atomic.Int64
		cfg.OutputHigh = 256 << 10
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			most.Store(max(most.Load(), int64(turn.Conn.Waiting())))
			for len(turn.In) > 0 && !turn.Full() {
				turn.In = turn.In[1:]
				turn.Out = append(turn.Out, answer...)
				served.Add(1)
			}
		}})
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, make([]byte, requests))
		for range requests {
			expect(t, nc, answer)
		}
		if n := served.Load(); n != requests {
			t.Errorf("%d requests were served", n)
		}
		if most := most.Load(); most > 256<<10 {
			t.Errorf("Data was called while %d bytes waited", most)
		}
	})
}

func TestMaxOutput(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := make(chan *eventloop.Conn, 1)
		var e ends
		cfg.OutputHigh, cfg.MaxOutput = 1<<20, 1<<20
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return script{closed: e.closed}
		}
		_, addr := start(t, cfg)
		dial(t, addr)
		c := receiveIn(t, conns)
		var err error
		for err == nil {
			err = c.Append(make([]byte, 1<<20))
		}
		if !errors.Is(err, eventloop.ErrMaxOutput) {
			t.Error(err)
		}
		await(t, "the end", func() bool { return len(e.list()) == 1 })
		if err := e.list()[0]; !errors.Is(err, eventloop.ErrMaxOutput) {
			t.Error(err)
		}
		if err := c.Append([]byte("x")); !errors.Is(err, eventloop.ErrClosed) {
			t.Error(err)
		}
		c.Flush()
		c.Resume()
		c.Finish()
		c.Close()
	})
}

func TestAReaderThatTakesNothing(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		var e ends
		cfg.WriteTimeout = 50 * time.Millisecond
		cfg.Accept = all(script{closed: e.closed, data: func(turn *eventloop.Turn) {
			turn.In = nil
			turn.Lend(make([]byte, 64<<20), nil)
		}})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("x"))
		await(t, "the end", func() bool { return len(e.list()) == 1 })
		if err := e.list()[0]; !errors.Is(err, eventloop.ErrSlowReader) {
			t.Error(err)
		}
		if n := s.Stats().Slow; n != 1 {
			t.Errorf("%d slow readers are counted", n)
		}
	})
}

// TestASlowReaderIsServed takes bytes now and then, for many times the write timeout.
func TestASlowReaderIsServed(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.WriteTimeout = 250 * time.Millisecond
		value := make([]byte, 16<<20)
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			if len(turn.In) > 0 {
				turn.In = nil
				turn.Lend(value, nil)
			}
		}})
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("x"))
		pace := time.NewTicker(25 * time.Millisecond)
		defer pace.Stop()
		for range 40 { // slow for a while, and then at once
			<-pace.C
			expect(t, nc, value[:len(value)/100])
		}
		expect(t, nc, value[:len(value)-40*(len(value)/100)])
	})
}
