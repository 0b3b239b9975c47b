package rpcserver_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pikv/rpcserver"
	"pikv/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// start serves s on a free port and closes it when the test ends.
func start(t *testing.T, s *rpcserver.Server) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	startOn(t, s, ln)
	return ln.Addr().String()
}

// startOn is start with a listener.
func startOn(t *testing.T, s *rpcserver.Server, ln net.Listener) {
	t.Helper()
	s.Start(ln)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close server: %v", err)
		}
	})
}

// quick is a configuration whose Close does not wait for connections that
// the test keeps open.
func quick() rpcserver.Config {
	return rpcserver.Config{Linger: 10 * time.Millisecond}
}

// observed is quick with a log to look into.
func observed() (rpcserver.Config, *observer.ObservedLogs) {
	core, logs := observer.New(zapcore.DebugLevel)
	cfg := quick()
	cfg.Log = zap.New(core)
	return cfg, logs
}

// echo replies the parameters.
func echo(_ context.Context, c *rpcserver.Call) {
	c.Reply(func(buf []byte) []byte { return append(buf, c.Params...) })
}

// stranger is a client that knows nothing but TCP.
type stranger struct {
	t *testing.T
	*net.TCPConn
}

func connect(t *testing.T, addr string) stranger {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		t.Fatal(err)
	}
	return stranger{t, nc.(*net.TCPConn)}
}

// literal is a message by its bytes in hex; blanks and line ends are for the reader.
func literal(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s stranger) send(b []byte) {
	s.t.Helper()
	if _, err := s.Write(b); err != nil {
		s.t.Fatalf("send: %v", err)
	}
}

// sendSome is send for other goroutines, and for what the server may not read
// to its end.
func (s stranger) sendSome(b []byte) { _, _ = s.Write(b) }

// hangUp closes the connection.
func (s stranger) hangUp() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// expect reads exactly the bytes want.
func (s stranger) expect(want []byte) {
	s.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(s, got); err != nil {
		s.t.Fatalf("read %d of %d bytes (%x): %v", n, len(want), got[:n], err)
	}
	if !bytes.Equal(got, want) {
		s.t.Fatalf("got  %x\nwant %x", got, want)
	}
}

// reply reads one response.
func (s stranger) reply() wire.Message {
	s.t.Helper()
	m, err := s.tryReply()
	if err != nil {
		s.t.Fatalf("read reply: %v", err)
	}
	return m
}

func (s stranger) tryReply() (wire.Message, error) {
	frame, _, err := wire.NewFrameReader(messages{s}, wire.DefaultLimits(), nil).ReadFrame(nil)
	if err != nil {
		return wire.Message{}, err
	}
	return wire.ParseMessage(frame)
}

// messages reads from a connection only what belongs to the message that is
// read: first one byte at a time, then, inside a long value, all of it.
type messages struct{ r io.Reader }

func (m messages) Read(p []byte) (int, error) {
	const buffer = 16 << 10 // the frame reader's own, which may read ahead
	if len(p) <= buffer {
		p = p[:1]
	}
	return m.r.Read(p)
}

// refusal reads one response and returns its error.
func (s stranger) refusal() (id uint32, e *wire.Error) {
	s.t.Helper()
	m := s.reply()
	if m.Err == nil {
		s.t.Fatalf("reply %d has no error", m.ID)
	}
	return m.ID, wire.DecodeError(wire.NewDecoder(m.Err))
}

// refused checks that the next reply is an error with that id and code.
func (s stranger) refused(id uint32, code wire.Code) {
	s.t.Helper()
	gotID, e := s.refusal()
	if gotID != id || e == nil || e.Code != code {
		s.t.Fatalf("reply %d: %v, want reply %d: %s", gotID, e, id, code)
	}
}

// ended checks that the server ends the connection without another byte.
func (s stranger) ended() {
	s.t.Helper()
	var b [1]byte
	if n, err := s.Read(b[:]); n > 0 || err == nil || isTimeout(err) {
		s.t.Fatalf("read: %d bytes, %v; want the end", n, err)
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// request is a request with the parameters [arg], arg as bin.
func request(id uint32, method string, arg []byte) []byte {
	buf := wire.AppendArrayHeader(wire.AppendRequest(nil, id, method), 1)
	return wire.AppendBin(buf, arg)
}

// eventually polls until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		<-tick.C
	}
}

// never checks that something does not happen for a little while.
func never(t *testing.T, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 20 {
		if happened() {
			t.Fatal(what)
		}
		<-tick.C
	}
}
