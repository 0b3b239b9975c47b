package eventloop_test

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"pikv/eventloop"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// bothWays runs a test against either way to serve connections, and against the native
// one where there is one processor, since it waits in another way then.
func bothWays(t *testing.T, test func(t *testing.T, cfg eventloop.Config)) {
	t.Run("one processor", func(t *testing.T) {
		before := runtime.GOMAXPROCS(1)
		t.Cleanup(func() { runtime.GOMAXPROCS(before) })
		test(t, eventloop.Config{Linger: 20 * time.Millisecond})
	})
	t.Run("native", func(t *testing.T) { test(t, eventloop.Config{Linger: 20 * time.Millisecond}) })
	t.Run("portable", func(t *testing.T) { test(t, eventloop.Config{Linger: 20 * time.Millisecond, Portable: true}) })
}

// bothAtOnce is bothWays for a test that waits most of its time: the two that have all
// processors run beside each other.
func bothAtOnce(t *testing.T, test func(t *testing.T, cfg eventloop.Config)) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		if runtime.GOMAXPROCS(0) > 1 {
			t.Parallel()
		}
		test(t, cfg)
	})
}

// script is a handler of which a test says what matters to it. By default it echoes.
type script struct {
	data, eof func(t *eventloop.Turn)
	closed    func(err error)
}

func (s script) Data(t *eventloop.Turn) {
	if s.data != nil {
		s.data(t)
		return
	}
	t.Out, t.In = append(t.Out, t.In...), nil
}

func (s script) EOF(t *eventloop.Turn) {
	if s.eof != nil {
		s.eof(t)
		return
	}
	t.Conn.Finish()
}

func (s script) Closed(err error) {
	if s.closed != nil {
		s.closed(err)
	}
}

// all gives the same handler to all connections.
func all(s script) func(*eventloop.Conn) eventloop.Handler {
	return func(*eventloop.Conn) eventloop.Handler { return s }
}

// start serves cfg on a free port until the test ends.
func start(t *testing.T, cfg eventloop.Config) (s *eventloop.Server, addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, cfg, ln)
}

// startOn serves cfg on ln until the test ends.
func startOn(t *testing.T, cfg eventloop.Config, ln net.Listener) (s *eventloop.Server, addr string) {
	t.Helper()
	s, err := eventloop.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(ln); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := contextFor(patience)
		defer cancel()
		_ = s.Close(ctx)
		if open := s.Stats().Open; open != 0 {
			t.Errorf("%d connections are open after Close", open)
		}
	})
	return s, ln.Addr().String()
}

// dial connects to addr until the test ends.
func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { nc.Close() })
	return nc
}

// closeWrite shuts the sending side.
func closeWrite(nc net.Conn) error { return nc.(*net.TCPConn).CloseWrite() }

// write sends b.
func write(t *testing.T, nc net.Conn, b []byte) {
	t.Helper()
	if _, err := nc.Write(b); err != nil {
		t.Error(err)
	}
}

// expect reads want.
func expect(t *testing.T, nc net.Conn, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(nc, got)
	if err != nil {
		t.Errorf("%d of %d bytes: %v", n, len(want), err)
	} else if !bytes.Equal(got, want) {
		t.Errorf("got other bytes than expected: %.60q, not %.60q", got, want)
	}
}

// expectEnd reads until the end of the stream.
func expectEnd(t *testing.T, nc net.Conn) {
	t.Helper()
	if rest, err := io.ReadAll(nc); err != nil || len(rest) > 0 {
		t.Errorf("%.60q and %v instead of the end", rest, err)
	}
}

// await waits for ok.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// receiveIn waits for a value.
func receiveIn[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// ends collects what Closed was told.
type ends struct {
	mu   sync.Mutex
	errs []error
}

func (e *ends) closed(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.errs = append(e.errs, err)
}

func (e *ends) list() []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]error(nil), e.errs...)
}
