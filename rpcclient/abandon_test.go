package rpcclient

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// silent accepts one connection and reads nothing from it until told to.
func silent(t *testing.T) (addr string, accepted <-chan net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns := make(chan net.Conn, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if nc, err := ln.Accept(); err == nil {
			conns <- nc
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String(), conns
}

// A request that was given up must not arrive after its connection is closed:
// its repetition may have taken effect elsewhere by then.
func TestAnAbandonedRequestNeverArrivesLate(t *testing.T) {
	addr, accepted := silent(t)
	conn, err := Dial(t.Context(), addr, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	server := <-accepted
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- conn.Call(ctx, "Put", bin(make([]byte, 1<<20)), nil) }()
	eventually(t, "some of it is sent", func() bool { return conn.out.Sent() > 0 })
	cancel()
	if err := <-done; !errors.Is(err, ErrBroken) {
		t.Fatalf("call: %v", err)
	}
	conn.Close()
	if err := server.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, server); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the other side reads to %v, want a reset", err)
	}
}

// Without a request in flight the end is an orderly one.
func TestAnIdleConnectionEndsInOrder(t *testing.T) {
	addr, accepted := silent(t)
	conn, err := Dial(t.Context(), addr, Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := <-accepted
	defer server.Close()
	if err := conn.Notify(t.Context(), "Tell", nil); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if _, err := io.Copy(io.Discard, server); err != nil {
		t.Errorf("the other side reads to %v, want the end", err)
	}
}
