package eventloop_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"pikv/eventloop"
)

func TestManyGoroutinesFlush(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		const senders, each = 8, 2000
		conns := make(chan *eventloop.Conn, 1)
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return script{}
		}
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		c := receiveIn(t, conns)
		var wg sync.WaitGroup
		for sender := range senders {
			wg.Go(func() {
				for i := range each {
					frame := binary.BigEndian.AppendUint32(nil, uint32(sender<<24|i))
					if err := c.Append(frame); err != nil {
						t.Error(err)
						return
					}
					c.Flush()
				}
			})
		}
		wg.Go(func() { // the loop sends, too
			for range each {
				write(t, nc, []byte{255, 0, 0, 0})
			}
		})
		var next [senders]int
		for range (senders + 1) * each {
			var frame [4]byte
			if _, err := io.ReadFull(nc, frame[:]); err != nil {
				t.Fatal(err)
			}
			n := binary.BigEndian.Uint32(frame[:])
			sender := n >> 24
			if sender == 255 {
				continue
			}
			if got := int(n & 0xffffff); got != next[sender] {
				t.Fatalf("frame %d of sender %d, not %d", got, sender, next[sender])
			}
			next[sender]++
		}
		wg.Wait()
		await(t, "all is sent", func() bool { return c.Waiting() == 0 })
	})
}

// TestAppendGoesBeforeOut and Settle decide about the order of answers.
func TestAppendGoesBeforeOut(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			if err := c.Append([]byte("0")); err != nil {
				t.Error(err)
			}
			return script{data: func(turn *eventloop.Turn) {
				turn.In = nil
				turn.Out = append(turn.Out, '1')
				turn.Settle()
				turn.Out = append(turn.Out, '3')
				if err := turn.Conn.Append([]byte("2")); err != nil {
					t.Error(err)
				}
				turn.Lend([]byte("4"), nil)
				turn.Out = append(turn.Out, '5')
				turn.Conn.Finish()
				turn.Out = append(turn.Out, '6')
				if err := turn.Conn.Append([]byte("7")); !errors.Is(err, eventloop.ErrClosed) {
					t.Errorf("appended after Finish: %v", err)
				}
			}}
		}
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		expect(t, nc, []byte("0"))
		write(t, nc, []byte("x"))
		expect(t, nc, []byte("123456"))
		expectEnd(t, nc)
	})
}

func TestLentBytesAreGivenBack(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		var back atomic.Int32
		var e ends
		large := bytes.Repeat([]byte("lent"), 2<<20)
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			return script{closed: e.closed, data: func(turn *eventloop.Turn) {
				if len(turn.In) == 0 {
					return // called since little waits again
				}
				turn.In = nil
				turn.Lend(nil, func() { back.Add(1) })
				turn.Lend(large[:5], func() { back.Add(1) })
				turn.Out = append(turn.Out, "copied"...)
				turn.Lend(large, func() { back.Add(1) })
			}}
		}
		_, addr := start(t, cfg)
		reads, reads2 := dial(t, addr), dial(t, addr)
		write(t, reads, []byte("x"))
		expect(t, reads, large[:5])
		expect(t, reads, []byte("copied"))
		expect(t, reads, large)
		await(t, "three loans are given back", func() bool { return back.Load() == 3 })
		write(t, reads2, []byte("x"))
		expect(t, reads2, large[:5])
		reads2.Close() // with most of it on the way
		await(t, "six loans are given back", func() bool { return back.Load() == 6 })
		await(t, "the end", func() bool { return len(e.list()) == 1 })
	})
}
