package socket

import (
	"io"
	"net"
	"testing"
	"time"
)

// A message that comes in many packets is read in few steps, and the last
// bytes of it do not wait for others.
func TestThreshold(t *testing.T) {
	near, far := tcpPair(t)
	const size, packet = 100_000, 1000
	count := func(threshold *Threshold, mayWrite, wasRead func()) (reads int) {
		sent := make(chan error, 1)
		go func() {
			for range size / packet {
				mayWrite()
				if _, err := near.Write(make([]byte, packet)); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		buf := make([]byte, size)
		if err := far.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		for got := 0; got < size; reads++ {
			threshold.Expect(size - got)
			n, err := far.Read(buf[got:])
			if err != nil {
				t.Fatal(err)
			}
			got += n
			wasRead()
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		return reads
	}
	// Without a threshold each packet wakes the reader: it does not get the next before
	// it has read.
	ready := make(chan struct{}, size)
	ready <- struct{}{}
	if reads := count(nil, func() { <-ready }, func() { ready <- struct{}{} }); reads != size/packet {
		t.Errorf("%d reads of %d packets without a threshold", reads, size/packet)
	}
	slow := time.NewTicker(100 * time.Microsecond)
	defer slow.Stop()
	if reads := count(NewThreshold(far), func() { <-slow.C }, func() {}); reads > 10 {
		t.Errorf("%d reads of %d packets", reads, size/packet)
	}
}

// The end of a connection wakes a reader who expects more.
func TestThresholdAtTheEnd(t *testing.T) {
	near, far := tcpPair(t)
	threshold := NewThreshold(far)
	threshold.Expect(1 << 20)
	if _, err := near.Write([]byte("few")); err != nil {
		t.Fatal(err)
	}
	near.Close()
	if err := far.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(far); string(got) != "few" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	threshold.Expect(0) // closed meanwhile: no harm
	if NewThreshold(&net.UnixConn{}) != nil {
		t.Error("a threshold of what is no TCP socket")
	}
}
