package socket

import (
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
