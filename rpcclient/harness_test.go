package rpcclient

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pikv/rpcserver"
	"pikv/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// within is a context that ends with the test's patience.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// serve starts a server with the methods that register gives it.
func serve(t *testing.T, cfg rpcserver.Config, register func(s *rpcserver.Server)) (s *rpcserver.Server, addr string) {
	t.Helper()
	if cfg.Linger == 0 {
		cfg.Linger = 10 * time.Millisecond
	}
	s = rpcserver.New(cfg)
	register(s)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Start(ln)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close server: %v", err)
		}
	})
	return s, ln.Addr().String()
}

// refused returns an address where nobody listens, until the test ends: its port is that
// of a connection.
func refused(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return nc.LocalAddr().String()
}

// dial connects until the test ends.
func dial(t *testing.T, addr string, cfg Config) *Conn {
	t.Helper()
	c, err := Dial(within(t), addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// echo replies its parameter.
func echo(_ context.Context, c *rpcserver.Call) {
	d := wire.NewDecoder(c.Params)
	if n := d.ArrayHeader(); n != 1 {
		c.Fail(wire.Errorf(wire.CodeBadRequest, "Echo: want one parameter, not %d", n))
		return
	}
	c.Reply(func(buf []byte) []byte { return append(buf, d.Raw()...) })
}

// bin is the parameters [b].
func bin(b []byte) func([]byte) []byte {
	return func(buf []byte) []byte { return wire.AppendBin(wire.AppendArrayHeader(buf, 1), b) }
}

// into stores a bin result.
func into(b *[]byte) func(*wire.Decoder) error {
	return func(d *wire.Decoder) error {
		*b = d.Bytes()
		return d.Err()
	}
}

// puppet is a server that does what the test says, for one connection.
type puppet struct {
	t *testing.T
	net.Conn
	frames *wire.FrameReader
}

// pull starts a puppet and connects to it.
func pull(t *testing.T, cfg Config) (*puppet, *Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := dial(t, ln.Addr().String(), cfg)
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return &puppet{t, nc, wire.NewFrameReader(nc, wire.DefaultLimits(), nil)}, c
}

// next reads the next message.
func (p *puppet) next() wire.Message {
	p.t.Helper()
	frame, _, err := p.frames.ReadFrame(nil)
	if err != nil {
		p.t.Fatalf("read message: %v", err)
	}
	m, err := wire.ParseMessage(frame)
	if err != nil {
		p.t.Fatalf("read message: %v", err)
	}
	return m
}

func (p *puppet) send(b []byte) {
	p.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

// reply sends an integer result.
func (p *puppet) reply(id uint32, result uint64) {
	p.t.Helper()
	p.send(wire.AppendUint(wire.AppendResponseOK(nil, id), result))
}

// hungUp checks that the client ends the connection.
func (p *puppet) hungUp() {
	p.t.Helper()
	if _, err := io.Copy(io.Discard, p.Conn); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.t.Fatal("the connection stays open")
		}
	}
}

// going starts a call and returns where its error will be.
func going(ctx context.Context, c *Conn, method string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- c.Call(ctx, method, nil, nil) }()
	return done
}

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
