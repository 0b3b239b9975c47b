package eventloop_test

import (
	"bytes"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

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

// TestCopiesThatNobodyTakesAreFew has clients send requests and read no answer: copies,
// which nobody counts, are few, and what is lent may be more.
func TestCopiesThatNobodyTakesAreFew(t *testing.T) {
	for name, tt := range map[string]struct {
		answer            func(turn *eventloop.Turn, answer []byte)
		leastWait, atMost int
	}{
		"copies": {func(turn *eventloop.Turn, answer []byte) { turn.Out = append(turn.Out, answer...) }, 1, 65 << 10},
		"lent":   {func(turn *eventloop.Turn, answer []byte) { turn.Lend(answer, nil) }, 256 << 10, 513 << 10},
		"appended": {func(turn *eventloop.Turn, answer []byte) {
			_ = turn.Conn.Append(answer)
			turn.Settle()
		}, 1, 65 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, cfg eventloop.Config) {
				const requests = 40_000 // more than the sockets take
				answer := bytes.Repeat([]byte("a"), 1<<10)
				conns := make(chan *eventloop.Conn, 1)
				cfg.OutputHigh, cfg.CopiesHigh = 512<<10, 64<<10
				cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
					conns <- c
					return script{data: func(turn *eventloop.Turn) {
						for len(turn.In) > 0 && !turn.Full() {
							turn.In = turn.In[1:]
							tt.answer(turn, answer)
						}
					}}
				}
				_, addr := start(t, cfg)
				nc := dial(t, addr)
				write(t, nc, make([]byte, requests))
				c := receiveIn(t, conns)
				await(t, "that the socket takes no more", func() bool { return c.Waiting() >= tt.leastWait })
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for range 50 {
					if n := c.Waiting(); n > tt.atMost {
						t.Fatalf("%d bytes wait, want at most %d", n, tt.atMost)
					}
					<-tick.C
				}
				for range requests {
					expect(t, nc, answer)
				}
			})
		})
	}
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

// TestAReaderThatTrickles takes something always, and never enough.
func TestAReaderThatTrickles(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		var e ends
		cfg.WriteTimeout, cfg.LeastRate = time.Second, 1<<30
		core, logs := observer.New(zap.WarnLevel)
		cfg.Log = zap.New(core)
		cfg.Accept = all(script{closed: e.closed, data: func(turn *eventloop.Turn) {
			if len(turn.In) > 0 {
				turn.In = nil
				turn.Lend(make([]byte, 256<<20), nil)
			}
		}})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("x"))
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for buf := make([]byte, 128<<10); len(e.list()) == 0; <-pace.C {
			if _, err := nc.Read(buf); err != nil {
				break
			}
		}
		await(t, "the end", func() bool { return len(e.list()) == 1 })
		if err := e.list()[0]; !errors.Is(err, eventloop.ErrSlowReader) {
			t.Error(err)
		}
		if n := s.Stats().Slow; n != 1 {
			t.Errorf("%d slow readers are counted", n)
		}
		if logs.Len() != 1 {
			t.Errorf("%d warnings", logs.Len())
		}
	})
}

// TestASlowReaderIsServed takes bytes now and then, for longer than the write timeout.
func TestASlowReaderIsServed(t *testing.T) {
	bothAtOnce(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.WriteTimeout = 2 * time.Second // in which the test must get the processor
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
		pace := time.NewTicker(75 * time.Millisecond)
		defer pace.Stop()
		for range 40 { // slow for a while, and then at once
			<-pace.C
			expect(t, nc, value[:len(value)/100])
		}
		expect(t, nc, value[:len(value)-40*(len(value)/100)])
	})
}

// TestAPeerThatSendsAllBeforeItReads takes longer to send than a peer may take nothing.
func TestAPeerThatSendsAllBeforeItReads(t *testing.T) {
	bothAtOnce(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.WriteTimeout = 2 * time.Second // in which the test must get the processor
		cfg.OutputHigh, cfg.LeastRate = 64<<20, 1
		first, rest := make([]byte, 32<<20), []byte("+") // more than the sockets take
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			for _, c := range turn.In {
				if c == 'x' {
					turn.Lend(first, nil)
				} else {
					turn.Out = append(turn.Out, rest...)
				}
			}
			turn.In = nil
		}})
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("x"))
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		sent := 0
		for began := time.Now(); time.Since(began) < 2*cfg.WriteTimeout; <-pace.C {
			write(t, nc, []byte("y"))
			sent++
		}
		expect(t, nc, first)
		expect(t, nc, bytes.Repeat(rest, sent))
	})
}

// TestAPeerThatSendsAndNeverReads has its time, which is longer, and not for ever.
func TestAPeerThatSendsAndNeverReads(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		var e ends
		cfg.WriteTimeout, cfg.OutputHigh, cfg.LeastRate = 100*time.Millisecond, 64<<20, 1
		cfg.Accept = all(script{closed: e.closed, data: func(turn *eventloop.Turn) {
			if len(turn.In) > 0 && turn.In[0] == 'x' {
				turn.Lend(make([]byte, 32<<20), nil)
			}
			turn.In = nil // what has no answer fills no connection
		}})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("x"))
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		for deadline := time.Now().Add(patience); len(e.list()) == 0; <-pace.C {
			if time.Now().After(deadline) {
				t.Fatal("it has the room for its answers for ever")
			}
			_, _ = nc.Write([]byte("y")) // fails at the end
		}
		if err := e.list()[0]; !errors.Is(err, eventloop.ErrSlowReader) {
			t.Error(err)
		}
		if n := s.Stats().Slow; n != 1 {
			t.Errorf("%d slow readers are counted", n)
		}
	})
}

// TestAPeerThatDoesNotSendTheRest has its time, and one that goes on and on has it for each
// part anew.
func TestAPeerThatDoesNotSendTheRest(t *testing.T) {
	bothAtOnce(t, func(t *testing.T, cfg eventloop.Config) {
		var e ends
		cfg.InputTimeout = time.Second
		lines := uint64(1)
		cfg.Loops = 1
		cfg.Accept = all(script{closed: e.closed, data: func(turn *eventloop.Turn) {
			for i := bytes.IndexByte(turn.In, '\n'); i >= 0; i = bytes.IndexByte(turn.In, '\n') {
				turn.Out, turn.In = append(turn.Out, turn.In[:i+1]...), turn.In[i+1:]
				lines++
			}
			if len(turn.In) > 0 {
				turn.Part = lines
			}
		}})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		// Each line in two halves, and always half a line there.
		for began := time.Now(); time.Since(began) < 3*cfg.InputTimeout/2; {
			write(t, nc, []byte("line\nli"))
			expect(t, nc, []byte("line\n"))
			write(t, nc, []byte("ne\n"))
			expect(t, nc, []byte("line\n"))
		}
		if n := s.Stats().Slow; n != 0 {
			t.Fatalf("%d were too slow", n)
		}
		write(t, nc, []byte("half"))
		await(t, "the end", func() bool { return len(e.list()) == 1 })
		if err := e.list()[0]; !errors.Is(err, eventloop.ErrSlowSender) {
			t.Error(err)
		}
		if n := s.Stats().Slow; n != 1 {
			t.Errorf("%d slow peers are counted", n)
		}
	})
}

// TestOneThatIdlesIsNotSlow, whatever it was slow with before.
func TestOneThatIdlesIsNotSlow(t *testing.T) {
	bothAtOnce(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.InputTimeout = time.Second // in which the test must get the processor
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			if len(turn.In) == 4 {
				turn.Out, turn.In = append(turn.Out, turn.In...), nil
			} else {
				turn.Part = 1
			}
		}})
		s, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("ha"))
		write(t, nc, []byte("lf"))
		expect(t, nc, []byte("half"))
		nc.SetReadDeadline(time.Now().Add(2 * cfg.InputTimeout))
		if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if n := s.Stats().Slow; n != 0 {
			t.Errorf("%d were too slow", n)
		}
	})
}
