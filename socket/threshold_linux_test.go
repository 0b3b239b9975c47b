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
	count := func(threshold *Threshold) (reads int) {
		sent := make(chan error, 1)
		go func() {
			slow := time.NewTicker(100 * time.Microsecond)
			defer slow.Stop()
			for range size / packet {
				<-slow.C
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
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		return reads
	}
	without := count(nil)
	with := count(NewThreshold(far))
	if with > 10 || with >= without {
		t.Errorf("%d reads, without a threshold %d", with, without)
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
