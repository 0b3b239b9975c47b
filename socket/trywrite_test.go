package socket

import (
	"bytes"
	"io"
	"testing"
)

// Try and TryMany write what the socket takes, say how much that was, and go on
// from there.
func TestTryWritesWhatTheSocketTakes(t *testing.T) {
	near, far := tcpPair(t)
	w := NewTryWriter(near)
	if w == nil {
		t.Skip("whether a socket would block is not known here")
	}
	var want []byte
	var bufs [][]byte
	for i, size := range []int{1, 10, 5 << 20, 3, 1 << 20, 1, 2, 3, 4, 5, 70 << 10, 6} { // more than one vector has
		bufs = append(bufs, bytes.Repeat([]byte{byte(i)}, size))
		want = append(want, bufs[i]...)
	}
	n, err := w.TryMany(bufs)
	if err != nil || n == 0 || n == len(want) {
		t.Fatalf("%d of %d bytes, %v", n, len(want), err)
	}
	got := make([]byte, len(want))
	for done := 0; done < len(want); {
		if _, err := io.ReadFull(far, got[done:n]); err != nil {
			t.Fatal(err)
		}
		done = n
		wrote, err := w.Try(want[n:min(len(want), n+8<<20)])
		if err != nil {
			t.Fatal(err)
		}
		n += wrote
	}
	if !bytes.Equal(got, want) {
		t.Error("other bytes")
	}
	far.Close()
	near.Close()
	if _, err := w.TryMany([][]byte{{1}, {2}}); err == nil {
		t.Error("the socket is closed")
	}
}
