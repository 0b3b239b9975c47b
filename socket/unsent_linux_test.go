package socket

import (
	"net"
	"testing"
	"time"
)

func TestLimitUnsent(t *testing.T) {
	near, far := tcpPair(t)
	if err := far.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if err := LimitUnsent(near); err != nil {
		t.Fatal(err)
	}
	if err := near.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	taken, err := near.Write(make([]byte, 64<<20))
	if err == nil || taken > 2*maxUnsent {
		t.Errorf("the kernel took %d bytes of which nobody reads any, %v", taken, err)
	}
	pipe, other := net.Pipe()
	defer pipe.Close()
	defer other.Close()
	if err := LimitUnsent(pipe); err != nil {
		t.Errorf("a connection without a socket: %v", err)
	}
}
