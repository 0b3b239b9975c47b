package eventloop_test

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"pikv/eventloop"
)

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
		const trips = 100 // the clients are goroutines, too: of one processor they get little
		for range trips {
			write(t, modest, []byte("ping"))
			expect(t, modest, []byte("ping"))
		}
		t.Logf("%d round trips took %v", trips, time.Since(began))
		greedy.Close()
		receiveIn(t, done)
		receiveIn(t, done)
	})
}

// TestAHandlerThatYields goes on with what it left, after the others of its loop.
func TestAHandlerThatYields(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Loops = 1
		entered, leave := make(chan struct{}), make(chan struct{})
		var first atomic.Pointer[eventloop.Conn]
		var other atomic.Bool // has had a turn
		cfg.Accept = all(script{data: func(turn *eventloop.Turn) {
			switch {
			case first.CompareAndSwap(nil, turn.Conn):
				close(entered)
				<-leave
			case turn.Conn != first.Load():
				other.Store(true)
			}
			if !other.Load() { // without the other it would go on like that for ever
				turn.Yield()
				return
			}
			turn.Out, turn.In = append(turn.Out, turn.In[0]), turn.In[1:]
			if len(turn.In) > 0 {
				turn.Yield()
			}
		}})
		_, addr := start(t, cfg)
		a, b := dial(t, addr), dial(t, addr)
		const many = 1 << 10
		write(t, a, bytes.Repeat([]byte("a"), many))
		receiveIn(t, entered)
		write(t, b, []byte("b"))
		close(leave)
		expect(t, b, []byte("b"))
		expect(t, a, bytes.Repeat([]byte("a"), many))
		a.Close()
		b.Close()
	})
}
