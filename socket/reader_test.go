package socket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

func TestAReaderReadsAsItsConnectionDoes(t *testing.T) {
	a, b := tcpPair(t)
	sent := bytes.Repeat([]byte("0123456789"), 100_000)
	go func() {
		if _, err := a.Write(sent); err != nil {
			t.Error(err)
		}
		a.Close()
	}()
	got, err := io.ReadAll(NewReader(b))
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("read %d bytes of %d, %v", len(got), len(sent), err)
	}
}

func TestAReaderKeepsDeadlines(t *testing.T) {
	a, b := tcpPair(t)
	r, buf := NewReader(b), make([]byte, 10)
	b.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, err := r.Read(buf); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d bytes, %v", n, err)
	}
	b.SetReadDeadline(time.Time{})
	if _, err := a.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(buf); n != 4 || err != nil {
		t.Fatalf("read %d bytes, %v", n, err)
	}
}

func TestAReaderHearsThatItsConnectionIsClosed(t *testing.T) {
	_, b := tcpPair(t)
	closed := make(chan error, 1)
	go func() {
		_, err := NewReader(b).Read(make([]byte, 10))
		closed <- err
	}()
	b.Close()
	select {
	case err := <-closed:
		if !errors.Is(err, net.ErrClosed) {
			t.Fatalf("read: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it reads on")
	}
}

// What is no socket is read as it is.
func TestAReaderOfAPipe(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	if NewReader(b) != io.Reader(b) {
		t.Error("another reader")
	}
}
