package rpcserver_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"pikv/rpcserver"
	"pikv/wire"
)

func TestHalfClosedConnectionGetsItsReplies(t *testing.T) {
	s := rpcserver.New(quick())
	kept := make(keeper, 10)
	s.Handle("Keep", kept.keep)
	s.Handle("Echo", echo)
	c := connect(t, start(t, s))
	c.send(request(1, "Keep", nil))
	c.send(request(2, "Keep", nil))
	c.send(request(3, "Echo", nil))
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.expect(literal(t, "94 01 03 c0 91 c400"))
	(<-kept).Reply(nilResult)
	c.expect(literal(t, "94 01 01 c0 c0"))
	(<-kept).Reply(nilResult)
	c.expect(literal(t, "94 01 02 c0 c0"))
	c.ended()
	eventually(t, "the connection is gone", func() bool { return s.Stats().Conns == 0 })
	if st := s.Stats(); st.BadFrames != 0 || st.Calls != 3 {
		t.Errorf("stats %+v", st)
	}
}

func TestCloseWaitsForCallsInFlight(t *testing.T) {
	s := rpcserver.New(quick())
	kept := make(keeper, 10)
	s.Handle("Keep", kept.keep)
	slow := make(chan struct{})
	s.HandleSlow("Slow", func(ctx context.Context, c *rpcserver.Call) {
		<-s.Stopping()
		<-slow
		if ctx.Err() != nil {
			t.Error("the context of a call in flight was cancelled")
		}
		c.Reply(nilResult)
	})
	addr := start(t, s)
	c, idle := connect(t, addr), connect(t, addr)
	c.send(request(1, "Keep", nil))
	c.send(request(2, "Slow", nil))
	first := <-kept
	eventually(t, "two calls in flight", func() bool { return s.Stats().InFlight == 2 })

	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	<-s.Stopping()
	idle.ended() // nothing in flight: closed after a moment
	// The one with calls in flight is heard until they are answered.
	for id := uint32(3); id < 6; id++ {
		c.send(request(id, "Keep", nil))
		c.refused(id, wire.CodeShuttingDown)
		<-time.After(2 * quick().Linger)
	}
	first.Reply(nilResult)
	c.expect(literal(t, "94 01 01 c0 c0"))
	select {
	case err := <-closed:
		t.Fatalf("closed (%v) with a call in flight", err)
	default:
	}
	close(slow)
	c.expect(literal(t, "94 01 02 c0 c0"))
	c.ended()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Errorf("second close: %v", err)
	}
	// The port may be another's by now.
	before := s.Stats().Accepted
	if nc, err := net.Dial("tcp", addr); err == nil {
		nc.Close()
		if s.Stats().Accepted != before {
			t.Error("the port still answers")
		}
	}
}

// Requests that waited in the socket while their connection was at its limit
// of calls get their answer, however long that took.
func TestCloseAnswersWhatWaitedInTheSocket(t *testing.T) {
	cfg := quick()
	cfg.Linger = 500 * time.Millisecond // in which the test must get the processor
	cfg.MaxCallsPerConn = 1
	s := rpcserver.New(cfg)
	kept := make(keeper, 10)
	s.Handle("Keep", kept.keep)
	c := connect(t, start(t, s))
	c.send(request(1, "Keep", nil))
	call := <-kept
	c.send(request(2, "Keep", make([]byte, 100<<10))) // more than the server reads ahead
	c.send(request(3, "Keep", nil))
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	<-s.Stopping()
	<-time.After(2 * cfg.Linger)
	call.Reply(nilResult)
	c.expect(literal(t, "94 01 01 c0 c0"))
	c.refused(2, wire.CodeShuttingDown)
	c.refused(3, wire.CodeShuttingDown)
	c.ended()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// A client that never turns away is not heard for ever.
func TestCloseInSpiteOfASteadyClient(t *testing.T) {
	s := rpcserver.New(quick())
	s.Handle("Echo", echo)
	c := connect(t, start(t, s))
	over := make(chan struct{})
	go func() {
		defer close(over)
		for id := uint32(0); ; id++ {
			if _, err := c.Write(request(id, "Echo", nil)); err != nil {
				return
			}
			if _, err := c.tryReply(); err != nil {
				return
			}
		}
	}()
	eventually(t, "calls are served", func() bool { return s.Stats().Calls > 10 })
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	<-over
}

// Calls that are never answered, and a peer that never closes, do not hold up
// Close beyond its context.
func TestCloseGivesUpWithItsContext(t *testing.T) {
	s := rpcserver.New(rpcserver.Config{Linger: time.Hour})
	kept := make(keeper, 10)
	s.Handle("Keep", kept.keep)
	cancelled := make(chan struct{})
	s.HandleSlow("Slow", func(ctx context.Context, c *rpcserver.Call) {
		<-ctx.Done()
		close(cancelled)
		c.Fail(ctx.Err())
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Start(ln)
	addr := ln.Addr().String()
	c, hanging := connect(t, addr), connect(t, addr)
	hanging.send(literal(t, "94 00 01 a3"))
	c.send(request(1, "Keep", nil))
	c.send(request(2, "Slow", nil))
	eventually(t, "two calls in flight", func() bool { return s.Stats().InFlight == 2 })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
	<-cancelled
	c.ended()
	hanging.ended()
	(<-kept).Reply(nilResult) // into the void
}

func TestCloseAtOnce(t *testing.T) {
	s := rpcserver.New(rpcserver.Config{Linger: time.Hour})
	s.Handle("Echo", echo)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Start(ln)
	c := connect(t, ln.Addr().String())
	c.send(request(1, "Echo", nil))
	c.reply()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
	c.ended()
}

func TestCloseWithoutStartAndStartAfterClose(t *testing.T) {
	s := rpcserver.New(quick())
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Start(ln)
	if _, err := ln.Accept(); err == nil {
		t.Error("a closed server left the listener open")
	}
}

// The context of a slow call ends with its connection.
func TestContextEndsWithTheConnection(t *testing.T) {
	s := rpcserver.New(quick())
	began, ended := make(chan struct{}), make(chan struct{})
	s.HandleSlow("Slow", func(ctx context.Context, c *rpcserver.Call) {
		close(began)
		<-ctx.Done()
		close(ended)
		c.Fail(ctx.Err())
	})
	c := connect(t, start(t, s))
	c.send(request(1, "Slow", nil))
	<-began
	if err := c.SetLinger(0); err != nil { // a reset, as from a process that died
		t.Fatal(err)
	}
	c.hangUp()
	<-ended
	eventually(t, "the connection is gone", func() bool { return s.Stats().Conns == 0 })
}
