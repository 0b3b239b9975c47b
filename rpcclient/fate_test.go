package rpcclient

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"pikv/rpcserver"
	"pikv/wire"
)

// fate checks what an error says about its request.
func fate(t *testing.T, err error, want error) {
	t.Helper()
	if !errors.Is(err, want) || errors.Is(err, ErrNotSent) && errors.Is(err, ErrBroken) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestDialErrors(t *testing.T) {
	_, err := Dial(within(t), refused(t), Config{})
	fate(t, err, ErrNotSent)

	hanging := func(ctx context.Context, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	_, err = Dial(within(t), "nowhere:1", Config{Dialer: hanging, DialTimeout: 10 * time.Millisecond})
	fate(t, err, ErrNotSent)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestCallAfterTheContextHasEnded(t *testing.T) {
	p, c := pull(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := c.Call(ctx, "Get", nil, nil)
	fate(t, err, ErrNotSent)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	done := going(within(t), c, "Other")
	if m := p.next(); string(m.Method) != "Other" {
		t.Errorf("%s was sent", m.Method)
	} else {
		p.reply(m.ID, 1)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLateReplyIsIgnored(t *testing.T) {
	p, c := pull(t, Config{})
	ctx, cancel := context.WithCancelCause(context.Background())
	done := going(ctx, c, "First")
	first := p.next()
	reason := errors.New("no time left")
	cancel(reason)
	err := <-done
	fate(t, err, ErrBroken)
	if !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	second := make(chan error, 1)
	var got uint64
	go func() {
		second <- c.Call(within(t), "Second", nil, func(d *wire.Decoder) error {
			got = d.Uint()
			return d.Err()
		})
	}()
	m := p.next()
	p.reply(first.ID, 1)
	p.reply(m.ID, 2)
	if err := <-second; err != nil || got != 2 {
		t.Errorf("got %d, %v", got, err)
	}
	p.reply(first.ID, 1) // twice: as late
	done = going(within(t), c, "Third")
	p.reply(p.next().ID, 3)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOtherSideHangsUp(t *testing.T) {
	p, c := pull(t, Config{})
	done := going(within(t), c, "Get")
	p.next()
	p.Close()
	fate(t, <-done, ErrBroken)
	<-c.Done()
	fate(t, c.Call(within(t), "Get", nil, nil), ErrNotSent)
	if c.Usable() {
		t.Error("a dead connection is usable")
	}
}

func TestCloseWithCallsInFlight(t *testing.T) {
	p, c := pull(t, Config{})
	done := going(within(t), c, "Get")
	p.next()
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	fate(t, <-done, ErrBroken)
	p.hungUp()
	fate(t, c.Call(within(t), "Get", nil, nil), ErrNotSent)
}

// A peer that reads nothing: requests that were still waiting when the
// connection ended were certainly not sent, the one before has an unknown fate.
func TestRequestsStuckBehindALargeOne(t *testing.T) {
	_, c := pull(t, Config{MaxOut: 1 << 30})
	ctx := within(t)
	small := going(ctx, c, "Small")
	eventually(t, "the small one is sent", func() bool { return c.out.Sent() > 0 })
	sent := c.out.Sent()
	large := make(chan error, 1)
	go func() { large <- c.Call(ctx, "Large", bin(make([]byte, 64<<20)), nil) }()
	eventually(t, "the large one is stuck", func() bool { return c.out.Sent() > sent+1<<20 })
	behind := going(ctx, c, "Behind")
	eventually(t, "three calls wait", func() bool { return c.waiting() == 3 })

	// The end of its context alone proves nothing: it may still be sent.
	impatient, cancel := context.WithCancel(ctx)
	defer cancel()
	given := func(buf []byte) []byte { cancel(); return bin(nil)(buf) }
	fate(t, c.Call(impatient, "Impatient", given, nil), ErrBroken)

	c.end()
	fate(t, <-small, ErrBroken)
	fate(t, <-behind, ErrNotSent)
	// The kernel has part of the large one.
	if err := <-large; !errors.Is(err, ErrNotSent) && !errors.Is(err, ErrBroken) {
		t.Errorf("got %v", err)
	}
}

// A full outbox makes calls wait, and those are certainly not sent when their
// context ends.
func TestFullOutboxMakesCallsWait(t *testing.T) {
	p, c := pull(t, Config{MaxOut: 64 << 10})
	large := make(chan error, 1)
	go func() { large <- c.Call(within(t), "Large", bin(make([]byte, 16<<20)), nil) }()
	eventually(t, "the outbox is full", c.out.Full)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := c.Call(ctx, "Small", nil, nil)
	fate(t, err, ErrNotSent)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	fate(t, c.Notify(ctx, "Tell", nil), ErrNotSent)
	fate(t, c.TryNotify("Tell", bin(nil)), ErrNotSent)
	waiting := going(within(t), c, "Waits")
	p.reply(p.next().ID, 0) // makes room
	if m := p.next(); string(m.Method) != "Waits" {
		t.Errorf("%s was sent", m.Method)
	} else {
		p.reply(m.ID, 0)
	}
	if err := errors.Join(<-large, <-waiting); err != nil {
		t.Error(err)
	}
}

// stuck takes nothing, whatever its buffers say.
type stuck struct {
	net.Conn
	until   <-chan struct{}
	writing func() // is called when it begins to
}

func (s stuck) Write([]byte) (int, error) {
	s.writing()
	<-s.until
	return 0, io.ErrClosedPipe
}

func (s stuck) Read([]byte) (int, error) {
	<-s.until
	return 0, io.EOF
}

// A peer that is gone without a word holds no call beyond its context, also
// one that is stuck in the middle of sending.
func TestDeadPeerHangsNoCall(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	until := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := dial(t, "nowhere:1", Config{Dialer: func(context.Context, string) (net.Conn, error) { return stuck{near, until, cancel}, nil }})
	err := c.Call(ctx, "Get", bin(make([]byte, 10<<20)), nil)
	fate(t, err, ErrBroken)
	close(until)
}

func TestWhatNoServerSays(t *testing.T) {
	for name, send := range map[string]string{
		"garbage":                       "GET / HTTP/1.1",
		"a request":                     "\x94\x00\x05\xa3Get\x90",
		"a reply to no request":         "\x94\x01\x05\xc0\xc0",
		"an error of three and a half":  "\x94\x01\x00\xc1",
		"a reply over the frame limit":  "\x94\x01\x00\xc0\xc6\x00\x10\x00\x00",
		"an end in the middle":          "\x94\x01\x00\xc0",
		"a reply whose result is short": "\x94\x01\x00\xc0\x92\x01",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{}
			cfg.Limits.Frame = 64 << 10
			p, c := pull(t, cfg)
			done := going(within(t), c, "Get")
			p.next()
			p.send([]byte(send))
			_ = p.Conn.(*net.TCPConn).CloseWrite() // fails when the client has hung up already
			fate(t, <-done, ErrBroken)
			<-c.Done()
			p.hungUp()
		})
	}
}

// What a client may ignore, it ignores.
func TestForeignManners(t *testing.T) {
	p, c := pull(t, Config{})
	done := going(within(t), c, "Get")
	m := p.next()
	p.send([]byte("\x93\x02\xa5Hello\x90")) // a notification
	p.send(append(wire.AppendUint([]byte{0x94, 0x01}, uint64(m.ID)), "\xa3bad\xc0"...))
	var e *wire.Error
	if err := <-done; !errors.As(err, &e) || e.Text != "bad" || e.Code != wire.CodeInternal {
		t.Errorf("got %v", err)
	}
}

// A server that shuts down gets no more calls from this connection, which ends
// once the calls in flight have.
func TestShuttingDownRetiresTheConnection(t *testing.T) {
	kept := make(chan *rpcserver.Call, 1)
	s, addr := serve(t, rpcserver.Config{Linger: patience}, func(s *rpcserver.Server) {
		s.Handle("Keep", func(_ context.Context, c *rpcserver.Call) { kept <- c })
	})
	c := dial(t, addr, Config{})
	first := going(within(t), c, "Keep")
	call := <-kept
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	<-s.Stopping()
	if err := c.Call(within(t), "Keep", nil, nil); !errors.Is(err, &wire.Error{Code: wire.CodeShuttingDown}) {
		t.Errorf("got %v", err)
	}
	if c.Usable() {
		t.Error("the connection is still usable")
	}
	fate(t, c.Call(within(t), "Keep", nil, nil), ErrNotSent)
	call.Reply(wire.AppendNil)
	if err := <-first; err != nil {
		t.Errorf("call in flight: %v", err)
	}
	<-c.Done()
	if err := <-closed; err != nil { // the server had no reason to linger
		t.Error(err)
	}
}

func TestMessageIDsRunOut(t *testing.T) {
	p, c := pull(t, Config{})
	c.mu.lastID = 2
	first, second := going(within(t), c, "Get"), (<-chan error)(nil)
	a := p.next()
	second = going(within(t), c, "Get")
	b := p.next()
	fate(t, c.Call(within(t), "Get", nil, nil), ErrNotSent)
	p.reply(a.ID, 0)
	if err := <-first; err != nil {
		t.Error(err)
	}
	p.reply(b.ID, 0)
	if err := <-second; err != nil {
		t.Error(err)
	}
	<-c.Done()
	p.hungUp()
}
