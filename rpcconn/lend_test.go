package rpcconn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"pikv/wire"
)

// lender counts what it has lent.
type lender struct {
	mu  sync.Mutex
	out int
}

func (l *lender) loan(body, tail []byte) *Loan {
	l.out++
	return &Loan{Bytes: body, Tail: tail, Done: func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.out--
		for i := range body {
			body[i] = 0xdb // what is read later shows
		}
	}}
}

func (l *lender) wait(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		l.mu.Lock()
		out := l.out
		l.mu.Unlock()
		if out == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d loans were not given back", out)
		}
		<-time.After(time.Millisecond)
	}
}

func TestLentBytesArriveInTheirPlace(t *testing.T) {
	for name, pair := range map[string]func(*testing.T) (near, far net.Conn){"tcp": tcpPair, "pipe": pipePair} {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			o := New(near, Config{Limit: 1 << 20, WriteTimeout: patience, Budget: wire.NewBudget(1 << 30)})
			run(t, o)
			var want []byte
			var l lender
			l.mu.Lock() // held while frames are appended, as a partition's lock may be
			for i, size := range []int{0, 1, 16 << 10, 100 << 10, 3, 3 * maxWrite, 5 << 20} {
				head, body, tail := []byte{0xaa, byte(i)}, bytes.Repeat([]byte{byte(i)}, size), bytes.Repeat([]byte{0xbb}, i%3)
				want = append(append(append(want, head...), body...), tail...)
				if !o.cfg.Budget.Acquire(int64(size)) {
					t.Fatal("no budget")
				}
				end, err := o.Lend(bytesFrame(head), l.loan(body, tail), int64(size))
				if err != nil || end != int64(len(want)) {
					t.Fatalf("frame %d ends at %d of %d, %v", i, end, len(want), err)
				}
				if i%2 == 0 {
					want = append(want, "small"...)
					if _, err := o.Append(bytesFrame([]byte("small")), 0); err != nil {
						t.Fatal(err)
					}
				}
			}
			l.mu.Unlock()
			got := make([]byte, len(want))
			if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("other bytes, %v", err)
			}
			l.wait(t)
			if used := o.cfg.Budget.Used(); used != 0 {
				t.Errorf("%d bytes of the budget are still taken", used)
			}
		})
	}
}

// A reader that goes away, and one that has gone, cost nothing lent.
func TestWhatIsNotSentIsGivenBack(t *testing.T) {
	var l lender
	lend := func(o *Outbox) {
		l.mu.Lock()
		defer l.mu.Unlock()
		loan := l.loan(make([]byte, 8<<20), nil)
		if _, err := o.Lend(bytesFrame([]byte("head")), loan, 8<<20); err != nil {
			t.Fatal(err)
		}
	}
	near, _ := tcpPair(t)
	o := New(near, Config{Limit: 1 << 20})
	lend(o)
	o.Abort() // before anything was sent
	l.wait(t)
	l.out++
	if _, err := o.Lend(bytesFrame([]byte("head")), &Loan{Bytes: []byte("body"), Done: func() { l.out-- }}, 0); !errors.Is(err, ErrClosed) || l.out != 0 {
		t.Errorf("closed: %v, %d loans", err, l.out)
	}

	near, _ = tcpPair(t)
	o = New(near, Config{Limit: 1 << 20})
	run(t, o)
	lend(o)
	lend(o)
	o.Flush() // as much as the socket takes
	o.Abort()
	near.Close()
	l.wait(t)

	near, _ = pipePair(t)
	failed := make(chan error, 1)
	o = New(&stingy{near, 120 << 10, errors.New("cable cut")}, Config{Limit: 1 << 20, Failed: func(err error) { failed <- err }})
	lend(o)
	lend(o)
	run(t, o)
	if err := <-failed; err == nil {
		t.Error("the write was to fail")
	}
	l.wait(t)
}
