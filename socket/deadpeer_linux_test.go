package socket

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestDetectDeadPeer(t *testing.T) {
	near, _ := tcpPair(t)
	if err := DetectDeadPeer(near, 12*time.Second); err != nil {
		t.Fatal(err)
	}
	raw, err := near.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for opt, want := range map[int]int{
		unix.TCP_KEEPIDLE:     6,
		unix.TCP_KEEPINTVL:    2,
		unix.TCP_KEEPCNT:      3,
		unix.TCP_USER_TIMEOUT: 12000,
	} {
		err := raw.Control(func(fd uintptr) {
			got, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, opt)
			if err != nil || got != want {
				t.Errorf("option %d is %d, want %d (%v)", opt, got, want, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pipe, other := net.Pipe()
	defer pipe.Close()
	defer other.Close()
	if err := DetectDeadPeer(pipe, time.Second); err != nil {
		t.Errorf("a connection without a socket: %v", err)
	}
}
