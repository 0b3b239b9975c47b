package socket

import (
	"net"
	"testing"
	"time"
)

func TestQueued(t *testing.T) {
	near, far := tcpPair(t)
	w := NewTryWriter(near)
	for n := 1; n > 0; { // until nobody has room for more
		var err error
		if n, err = w.Try(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	full := Queued(near)
	if full <= 0 {
		t.Fatalf("%d bytes queued", full)
	}
	buf := make([]byte, 1<<20)
	for deadline := time.Now().Add(patience); Queued(near) >= full; {
		if time.Now().After(deadline) {
			t.Fatal("the queue does not shrink though the peer reads")
		}
		if _, err := far.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
}

func TestArrived(t *testing.T) {
	near, far := tcpPair(t)
	if n := Arrived(far); n != 0 {
		t.Errorf("%d bytes arrived before any were sent", n)
	}
	if _, err := near.Write([]byte("four")); err != nil {
		t.Fatal(err)
	}
	if err := far.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); Arrived(far) != 4; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes arrived, 4 were sent", Arrived(far))
		}
	}
	if n := Arrived(&net.UnixConn{}); n != -1 {
		t.Errorf("%d bytes arrived at what is no TCP socket", n)
	}
}
