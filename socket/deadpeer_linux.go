package socket

import (
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func detectDeadPeer(conn *net.TCPConn, after time.Duration) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) { set = DetectDeadPeerFD(int(fd), after) }); err != nil {
		return err
	}
	return set
}

// DetectDeadPeerFD is DetectDeadPeer for a TCP socket that package net does not
// know. Where it fails it has done what it could.
func DetectDeadPeerFD(fd int, after time.Duration) error {
	idle, interval := keepalive(after)
	var failed error
	for _, o := range [...]struct {
		level, opt, value int
		name              string
	}{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1, "set SO_KEEPALIVE"},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(idle / time.Second), "set TCP_KEEPIDLE"},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(interval / time.Second), "set TCP_KEEPINTVL"},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, probes, "set TCP_KEEPCNT"},
		// How long sent bytes may stay unacknowledged.
		{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(after.Milliseconds()), "set TCP_USER_TIMEOUT"},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.opt, o.value); err != nil && failed == nil {
			failed = os.NewSyscallError(o.name, err)
		}
	}
	return failed
}
