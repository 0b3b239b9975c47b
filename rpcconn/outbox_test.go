package rpcconn

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
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
	// As much as the limit by itself: the writer may not have counted the frames before.
	if _, err := o.Append(bytesFrame(make([]byte, 100)), 0); err != nil {
		t.Fatal(err)
	}
	go func() { waited <- o.WaitRoom(context.Background()) }()
	o.Abort()
	if err := <-waited; !errors.Is(err, ErrClosed) {
		t.Errorf("wait for room: %v", err)
	}
}

// Those who can do without leave room to those who wait for it.
func TestTryTakesHalfOfTheRoom(t *testing.T) {
	near, _ := pipePair(t)
	o := New(near, Config{Limit: 100})
	frame := bytesFrame(make([]byte, 26))
	for range 2 {
		if _, err := o.Try(frame); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Try(frame); !errors.Is(err, ErrFull) {
		t.Errorf("try: %v", err)
	}
	if _, _, err := o.Offer(frame); err != nil {
		t.Errorf("offer: %v", err)
	}
}

// TestFullWithoutBudget: what waits without room in the budget is little, whatever the
// limit is, and it is taken off in turns.
func TestFullWithoutBudget(t *testing.T) {
	const frame = 100
	near, far := pipePair(t)
	budget := wire.NewBudget(1 << 20)
	if !budget.Acquire(budget.Limit()) {
		t.Fatal("no budget")
	}
	o := New(near, Config{Limit: 1 << 30, Budget: budget})
	run(t, o)
	fill := func() (bytes int) {
		for !o.Full() {
			if _, err := o.Append(bytesFrame(make([]byte, frame)), 0); err != nil {
				t.Fatal(err)
			}
			if bytes += frame; bytes > 4*freeBytes {
				t.Fatalf("%d bytes wait of which the budget knows nothing", bytes)
			}
		}
		return bytes
	}
	for range 3 {
		waiting := fill()
		if _, err := o.Try(bytesFrame(make([]byte, frame))); !errors.Is(err, ErrFull) {
			t.Errorf("try: %v", err)
		}
		if _, err := io.ReadFull(far, make([]byte, waiting)); err != nil {
			t.Fatal(err)
		}
		if err := o.WaitRoom(t.Context()); err != nil {
			t.Errorf("wait for room: %v", err)
		}
	}
	if used := budget.Used(); used != budget.Limit() {
		t.Errorf("%d bytes are taken from a budget that had none", used-budget.Limit())
	}

	// What there is room for makes nothing full.
	budget.Release(budget.Limit())
	for range 8 * freeBytes / frame {
		if _, err := o.Append(bytesFrame(make([]byte, frame)), 0); err != nil {
			t.Fatal(err)
		}
	}
	if o.Full() {
		t.Error("full, and there is budget")
	}
}

// Push tells who is slow: the peer, or somebody here who has not sent yet.
func TestPush(t *testing.T) {
	near, far := tcpPair(t)
	o := New(near, Config{Limit: 100})
	run(t, o)
	o.Cork()
	if _, err := o.Append(bytesFrame(make([]byte, 200)), 0); err != nil {
		t.Fatal(err)
	}
	if !o.Full() || o.Push() || o.Full() || o.Sent() != 200 {
		t.Errorf("full %v, %d bytes sent", o.Full(), o.Sent())
	}
	const size = 64 << 20
	if _, err := o.Append(bytesFrame(make([]byte, size)), 0); err != nil {
		t.Fatal(err)
	}
	if !o.Push() {
		t.Error("the peer is said to have taken all")
	}
	if _, err := io.CopyN(io.Discard, far, 200+size); err != nil {
		t.Fatal(err)
	}
	for o.Push() { // until Run has counted what it wrote
		runtime.Gosched()
	}
	o.Uncork()
}
