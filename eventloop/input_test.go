package eventloop_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

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
