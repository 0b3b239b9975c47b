package rpcconn

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pikv/wire"
)

// stingy takes a number of bytes, then fails.
type stingy struct {
	net.Conn
	left int
	err  error
}

func (s *stingy) Write(p []byte) (int, error) {
	n := min(len(p), s.left)
	s.left -= n
	if n < len(p) {
		return n, s.err
	}
	return n, nil
}

func TestFailedWriteTellsWhatWasSent(t *testing.T) {
	near, _ := pipePair(t)
	reason := errors.New("cable cut")
	failed := make(chan error, 1)
	budget := wire.NewBudget(1 << 20)
	o := New(&stingy{near, 120 << 10, reason}, Config{Limit: 1 << 20, Budget: budget, Failed: func(err error) { failed <- err }})
	frame := bytesFrame(make([]byte, 50<<10))
	var ends []int64
	for range 4 {
		end, err := o.Append(frame, 0)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	run(t, o)
	if err := <-failed; !errors.Is(err, reason) {
		t.Errorf("failed with %v", err)
	}
	for i, end := range ends {
		if whole, want := end <= o.Sent(), i < 2; whole != want {
			t.Errorf("frame %d ends at %d of %d sent bytes", i, end, o.Sent())
		}
	}
	if _, err := o.Append(frame, 0); !errors.Is(err, ErrClosed) {
		t.Errorf("append: %v", err)
	}
	if err := o.WaitRoom(context.Background()); err != nil && !errors.Is(err, ErrClosed) {
		t.Errorf("wait for room: %v", err)
	}
	if budget.Used() != 0 {
		t.Errorf("%d bytes of the budget are still taken", budget.Used())
	}
}

// While a write goes on nobody knows how much of it the kernel took.
func TestSentIsCautiousDuringAWrite(t *testing.T) {
	near, far := pipePair(t)
	o := New(near, Config{Limit: 1 << 20})
	run(t, o)
	first, _ := o.Append(bytesFrame([]byte("first")), 0)
	if _, err := far.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	second, _ := o.Append(bytesFrame([]byte("second")), 0)
	o.Abort()
	if sent := o.Sent(); sent < first || sent >= second {
		t.Errorf("sent %d, want the first frame (%d) and not the second (%d)", sent, first, second)
	}
}

func TestPanickingFrameLeavesNothing(t *testing.T) {
	near, far := tcpPair(t)
	budget := wire.NewBudget(1 << 20)
	o := New(near, Config{Limit: 1 << 20, Budget: budget})
	run(t, o)
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, _ = o.Append(func(buf []byte) []byte {
				_ = append(buf, "half"...)
				panic("boom")
			}, 0)
		}()
		if _, err := o.Append(bytesFrame([]byte("whole")), 0); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 5)
		if _, err := io.ReadFull(far, buf); err != nil || string(buf) != "whole" {
			t.Fatalf("read %q, %v", buf, err)
		}
	}
}

// Who takes something always, but half of what it must, is cut off; who takes twice that
// is served.
func TestTrickleReaders(t *testing.T) {
	const rate, size = 1 << 10, 256 << 10
	for perSecond, want := range map[int]bool{1: false, rate / 2: false, 2 * rate: true} {
		for _, frame := range []int{size, 100} { // all in one piece, or in many
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				failed := make(chan error, 1)
				budget := wire.NewBudget(1 << 20)
				o := New(near, Config{Limit: 1 << 20, WriteTimeout: 15 * time.Second, LeastRate: rate, Budget: budget, Failed: func(err error) {
					failed <- err
					near.Close()
				}})
				var all sync.WaitGroup
				all.Go(o.Run)
				for range size / frame {
					if _, err := o.Append(bytesFrame(make([]byte, frame)), 0); err != nil {
						t.Fatal(err)
					}
					synctest.Wait() // the first leaves alone, and the others gather
				}
				buf := make([]byte, perSecond)
				var err error
				read := 0
				for read < size/frame*frame && err == nil {
					time.Sleep(time.Second)
					var n int
					n, err = io.ReadFull(far, buf[:min(perSecond, size/frame*frame-read)])
					read += n
				}
				if (err == nil) != want {
					t.Errorf("%d bytes a second, frames of %d: read %d, %v", perSecond, frame, read, err)
				}
				if !want {
					if err := <-failed; !errors.Is(err, ErrSlow) {
						t.Errorf("failed with %v", err)
					}
				}
				o.Abort()
				near.Close()
				all.Wait()
				if used := budget.Used(); used != 0 {
					t.Errorf("%d bytes of the budget are still taken", used)
				}
			})
		}
	}
}

func TestWriteTimeout(t *testing.T) {
	for name, pair := range map[string]func(*testing.T) (net.Conn, net.Conn){"tcp": tcpPair, "pipe": pipePair} {
		t.Run(name, func(t *testing.T) {
			near, _ := pair(t)
			failed := make(chan error, 1)
			o := New(near, Config{Limit: 1 << 20, WriteTimeout: 50 * time.Millisecond, Failed: func(err error) { failed <- err }})
			run(t, o)
			if _, err := o.Append(bytesFrame(make([]byte, 32<<20)), 0); err != nil {
				t.Fatal(err)
			}
			if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("failed with %v", err)
			}
		})
	}
}
