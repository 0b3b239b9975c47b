package eventloop_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"pikv/eventloop"
)

// echo answers what arrives.
type echo struct{}

func (echo) Data(t *eventloop.Turn) { t.Out, t.In = append(t.Out, t.In...), nil }
func (echo) EOF(t *eventloop.Turn)  { t.Conn.Finish() }
func (echo) Closed(error)           {}

func TestEcho(t *testing.T) {
	s, err := eventloop.New(eventloop.Config{Accept: func(*eventloop.Conn) eventloop.Handler { return echo{} }})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(ln); err != nil {
		t.Fatal(err)
	}
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	msg := bytes.Repeat([]byte("half closed connections get their answers\n"), 1<<16)
	sent := make(chan error, 1)
	go func() {
		_, err := nc.Write(msg)
		if err == nil {
			err = nc.(*net.TCPConn).CloseWrite()
		}
		sent <- err
	}()
	got, err := io.ReadAll(nc)
	if err != nil || !bytes.Equal(got, msg) {
		t.Errorf("%d of %d bytes came back, %v", len(got), len(msg), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
