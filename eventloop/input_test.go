package eventloop_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pikv/eventloop"
)

func TestHalfClosedConnectionsGetTheirAnswers(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = all(script{})
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		msg := bytes.Repeat([]byte("the peer shuts its side and reads on\n"), 1<<16)
		go func() {
			write(t, nc, msg)
			if err := closeWrite(nc); err != nil {
				t.Error(err)
			}
		}()
		expect(t, nc, msg)
		expectEnd(t, nc)
	})
}

// lines echoes whole lines, and leaves what is no line yet.
func lines(t *eventloop.Turn) {
	for {
		i := bytes.IndexByte(t.In, '\n')
		if i < 0 {
			return
		}
		t.Out = append(t.Out, t.In[:i+1]...)
		t.In = t.In[i+1:]
	}
}

func TestWhatIsLeftComesAgain(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = all(script{data: lines})
		cfg.ReadSize = 100
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		var want []byte
		for i := range 200 {
			want = fmt.Appendf(want, "%0*d\n", i, i)
		}
		go func() {
			for rest := want; len(rest) > 0; {
				n := min(len(rest), 1+rand.IntN(300))
				write(t, nc, rest[:n])
				rest = rest[n:]
			}
		}()
		expect(t, nc, want)
	})
}

func TestNeed(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		lens := make(chan int, 100)
		cfg.Accept = all(script{data: func(t *eventloop.Turn) {
			lens <- len(t.In)
			if len(t.In) < 10 {
				t.Need = 10
				t.Out = append(t.Out, '.')
				return
			}
			t.Out, t.In = append(t.Out, '!'), t.In[10:]
		}})
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		write(t, nc, []byte("1"))
		expect(t, nc, []byte("."))
		write(t, nc, []byte("23456789"))
		write(t, nc, []byte("0"))
		expect(t, nc, []byte("!"))
		for n := range lens {
			if n == 10 {
				break
			}
			if n != 1 {
				t.Errorf("Data was called with %d bytes", n)
			}
		}
	})
}

func TestTooMuchIsLeft(t *testing.T) {
	for name, need := range map[string]int{"left": 0, "needed": 2000} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, cfg eventloop.Config) {
				var e ends
				cfg.MaxPending = 1000
				cfg.Accept = all(script{closed: e.closed, data: func(t *eventloop.Turn) { t.Need = need }})
				_, addr := start(t, cfg)
				nc := dial(t, addr)
				_, _ = nc.Write(make([]byte, 10_000)) // may fail: it is closed meanwhile
				await(t, "the end", func() bool { return len(e.list()) > 0 })
				if err := e.list()[0]; !errors.Is(err, eventloop.ErrMaxPending) {
					t.Error(err)
				}
			})
		})
	}
}

// filler reads values that come as a length of four digits, thousands of bytes or so,
// and a line's end, and answers with them.
type filler struct{ value []byte }

func (f *filler) Data(t *eventloop.Turn) {
	if f.value != nil {
		t.Lend(f.value, nil)
		f.value = nil
	}
	i := bytes.IndexByte(t.In, '\n')
	if i < 0 {
		return
	}
	var size int
	if _, err := fmt.Sscan(string(t.In[:i]), &size); err != nil {
		panic(err)
	}
	t.In = t.In[i+1:]
	f.value = make([]byte, size)
	t.Fill(f.value)
}
func (f *filler) EOF(t *eventloop.Turn) { t.Conn.Finish() }
func (f *filler) Closed(error)          {}

func TestFill(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = func(*eventloop.Conn) eventloop.Handler { return new(filler) }
		cfg.ReadSize = 1 << 10
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		var sent, want []byte
		for _, size := range []int{1, 2, 1, 1023, 1024, 1025, 5, 70_000, 1 << 20, 3, 4<<20 + 7, 100} {
			value := make([]byte, size)
			for i := range value {
				value[i] = byte(rand.Uint32())
			}
			sent = append(fmt.Appendf(sent, "%d\n", size), value...)
			want = append(want, value...)
		}
		go func() {
			for rest := sent; len(rest) > 0; {
				n := min(len(rest), 1+rand.IntN(200_000))
				write(t, nc, rest[:n])
				rest = rest[n:]
			}
		}()
		expect(t, nc, want)
	})
}

func TestPauseAndResume(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		const count = 300
		paused := make(chan *eventloop.Conn, count)
		cfg.Accept = all(script{data: func(t *eventloop.Turn) {
			if i := bytes.IndexByte(t.In, '\n'); i >= 0 {
				t.Out, t.In = append(t.Out, t.In[:i+1]...), t.In[i+1:]
				t.Conn.Pause()
				paused <- t.Conn
			}
		}})
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		want := bytes.Repeat([]byte("one at a time\n"), count)
		go write(t, nc, want)
		for range count {
			c := receiveIn(t, paused)
			expect(t, nc, want[:14])
			if len(paused) > 0 {
				t.Fatal("Data was called on a paused connection")
			}
			c.Resume()
		}
	})
}

func TestNoConnectionStarvesTheOthers(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Loops = 1
		cfg.Accept = all(script{})
		_, addr := start(t, cfg)
		greedy, modest := dial(t, addr), dial(t, addr)
		done := make(chan struct{}, 2)
		go func() {
			defer func() { done <- struct{}{} }()
			for chunk := make([]byte, 1<<20); ; {
				if _, err := greedy.Write(chunk); err != nil {
					return
				}
			}
		}()
		go func() {
			defer func() { done <- struct{}{} }()
			for buf := make([]byte, 1<<20); ; {
				if _, err := greedy.Read(buf); err != nil {
					return
				}
			}
		}()
		began := time.Now()
		for range 1000 {
			write(t, modest, []byte("ping"))
			expect(t, modest, []byte("ping"))
		}
		t.Logf("1000 round trips took %v", time.Since(began))
		greedy.Close()
		receiveIn(t, done)
		receiveIn(t, done)
	})
}
