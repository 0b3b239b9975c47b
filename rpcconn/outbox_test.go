package rpcconn

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pikv/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// tcpPair returns both ends of a TCP connection.
func tcpPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	near, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// pipePair is tcpPair with connections that are no sockets.
func pipePair(t *testing.T) (near, far net.Conn) {
	near, far = net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// run runs o until the test ends.
func run(t *testing.T, o *Outbox) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		o.Run()
		close(done)
	}()
	t.Cleanup(func() {
		o.Abort()
		o.conn.Close()
		<-done
	})
}

// bytesFrame appends b.
func bytesFrame(b []byte) func([]byte) []byte {
	return func(buf []byte) []byte { return append(buf, b...) }
}

// mixed appends the frame: length, sender, number, then that many bytes more.
func mixed(sender, number uint32, size int) func([]byte) []byte {
	return func(buf []byte) []byte {
		buf = binary.BigEndian.AppendUint32(buf, uint32(size))
		buf = binary.BigEndian.AppendUint32(buf, sender)
		buf = binary.BigEndian.AppendUint32(buf, number)
		return append(buf, bytes.Repeat([]byte{byte(sender + number)}, size)...)
	}
}

// TestFramesOfManyGoroutines mixes every way of sending, and small and large
// frames, and checks that each arrives whole, in the order of its sender.
func TestFramesOfManyGoroutines(t *testing.T) {
	for name, pair := range map[string]func(*testing.T) (net.Conn, net.Conn){"tcp": tcpPair, "pipe": pipePair} {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			budget := wire.NewBudget(1 << 30)
			o := New(near, Config{Limit: 64 << 10, WriteTimeout: patience, Budget: budget})
			run(t, o)
			const senders, frames = 8, 200
			var wg sync.WaitGroup
			for sender := range uint32(senders) {
				wg.Go(func() {
					for number := range uint32(frames) {
						size := int(number % 50)
						if number%50 == 49 {
							size = 100 << 10
						}
						if err := sendSomehow(o, sender, mixed(sender, number, size)); err != nil {
							t.Errorf("sender %d: %v", sender, err)
							return
						}
					}
				})
			}
			go func() {
				wg.Wait()
				o.Finish()
			}()
			next := make([]uint32, senders)
			far.SetReadDeadline(time.Now().Add(2 * patience))
			for range senders * frames {
				var head [12]byte
				if _, err := io.ReadFull(far, head[:]); err != nil {
					t.Fatal(err)
				}
				size, sender, number := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:])
				body := make([]byte, size)
				if _, err := io.ReadFull(far, body); err != nil {
					t.Fatal(err)
				}
				if sender >= senders || number != next[sender] || bytes.Count(body, []byte{byte(sender + number)}) != int(size) {
					t.Fatalf("frame %d of sender %d arrived, want %v", number, sender, next)
				}
				next[sender]++
			}
			deadline := time.Now().Add(patience)
			for budget.Used() != 0 && time.Now().Before(deadline) {
				<-time.After(time.Millisecond)
			}
			if budget.Used() != 0 {
				t.Errorf("%d bytes of the budget are still taken", budget.Used())
			}
		})
	}
}

// sendSomehow sends in one of the ways that servers and clients do.
func sendSomehow(o *Outbox, sender uint32, frame func([]byte) []byte) error {
	switch sender % 4 {
	case 0, 1:
		_, err := o.Append(frame, 0)
		return err
	case 2:
		o.Cork()
		_, err := o.Append(frame, 0)
		o.Uncork()
		return err
	default:
		for {
			_, lead, err := o.Offer(frame)
			if lead {
				o.Flush()
			}
			if !errors.Is(err, ErrFull) {
				return err
			}
			if err := o.WaitRoom(context.Background()); err != nil {
				return err
			}
		}
	}
}

func TestFramesGatherWhileTheSocketIsBusy(t *testing.T) {
	near, far := pipePair(t)
	o := New(near, Config{Limit: 1 << 20})
	run(t, o)
	buf := make([]byte, 100)
	if _, err := o.Append(bytesFrame([]byte("first")), 0); err != nil {
		t.Fatal(err)
	}
	if n, err := far.Read(buf[:1]); err != nil || n != 1 { // Run is inside its write now
		t.Fatal(n, err)
	}
	for range 5 {
		if _, err := o.Append(bytesFrame([]byte("more")), 0); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := far.Read(buf); err != nil || string(buf[:n]) != "irst" {
		t.Fatalf("read %q, %v", buf[:n], err)
	}
	if n, err := far.Read(buf); err != nil || string(buf[:n]) != "moremoremoremoremore" {
		t.Fatalf("read %q, %v", buf[:n], err)
	}
}

func TestCorkedFramesLeaveTogether(t *testing.T) {
	near, far := tcpPair(t)
	o := New(near, Config{Limit: 1 << 20})
	run(t, o)
	o.Cork()
	for range 5 {
		if _, err := o.Append(bytesFrame([]byte("more")), 0); err != nil {
			t.Fatal(err)
		}
	}
	o.Flush()
	if sent := o.Sent(); sent != 0 {
		t.Errorf("%d bytes were sent in spite of the cork", sent)
	}
	o.Uncork()
	if sent := o.Sent(); sent != 20 {
		t.Errorf("%d bytes were sent, want all at once", sent)
	}
	buf := make([]byte, 20)
	if _, err := io.ReadFull(far, buf); err != nil {
		t.Fatal(err)
	}
}

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

func TestFullOutbox(t *testing.T) {
	near, far := pipePair(t)
	o := New(near, Config{Limit: 100})
	run(t, o)
	frame := bytesFrame(make([]byte, 60))
	for range 2 {
		if _, _, err := o.Offer(frame); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := o.Offer(frame); !errors.Is(err, ErrFull) {
		t.Errorf("offer: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := o.WaitRoom(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("wait for room: %v", err)
	}
	if _, err := o.Append(frame, 0); err != nil { // replies must always fit
		t.Errorf("append: %v", err)
	}
	waited := make(chan error, 2)
	go func() { waited <- o.WaitRoom(context.Background()) }()
	o.Flush()
	if _, err := io.ReadFull(far, make([]byte, 180)); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Errorf("wait for room: %v", err)
	}
	for !o.Full() {
		if _, err := o.Append(frame, 0); err != nil {
			t.Fatal(err)
		}
	}
	go func() { waited <- o.WaitRoom(context.Background()) }()
	o.Abort()
	if err := <-waited; !errors.Is(err, ErrClosed) {
		t.Errorf("wait for room: %v", err)
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

// One large frame does not stay in memory with the connection or in the pool.
func TestLargeBuffersAreNotKept(t *testing.T) {
	for _, size := range []int{keepCap / 2, 2 * keepCap} {
		c := &chunk{buf: make([]byte, size)}
		c.recycle(nil)
		if kept := cap(c.buf); kept > keepCap || size <= keepCap && kept == 0 {
			t.Errorf("of %d bytes %d are kept", size, kept)
		}
	}
}

func TestCharge(t *testing.T) {
	for _, c := range []struct {
		name                 string
		limit, before        int64
		grown, credit        int64
		wantHeld, wantBudget int64
	}{
		{"small is free", 1 << 20, 0, 100, 0, 0, 0},
		{"large is not", 1 << 20, 0, 20 << 10, 0, 20 << 10, 20 << 10},
		{"small behind large is not", 1 << 20, 20 << 10, 100, 0, 100, 100},
		{"credit is handed on", 1 << 20, 0, 100, 100, 100, 100},
		{"too much credit is given back", 1 << 20, 0, 100, 5000, 100, 100},
		{"too little is topped up", 1 << 20, 0, 20 << 10, 5000, 20 << 10, 20 << 10},
		{"what the budget refuses goes uncounted", 10 << 10, 0, 20 << 10, 5000, 5000, 5000},
	} {
		b := wire.NewBudget(c.limit)
		if !b.Acquire(c.credit) {
			t.Fatal(c.name)
		}
		ch := &chunk{buf: make([]byte, c.before+c.grown)}
		ch.charge(b, c.grown, c.credit)
		if ch.held != c.wantHeld || b.Used() != c.wantBudget {
			t.Errorf("%s: held %d, taken %d; want %d, %d", c.name, ch.held, b.Used(), c.wantHeld, c.wantBudget)
		}
		ch.recycle(b)
		if b.Used() != 0 {
			t.Errorf("%s: %d bytes still taken", c.name, b.Used())
		}
	}
}
