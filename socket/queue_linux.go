package socket

import (
	"net"

	"golang.org/x/sys/unix"
)

// Queued is the number of bytes that the kernel has taken from this side and
// the peer has not acknowledged, -1 when it cannot be told.
func Queued(conn net.Conn) int {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return -1
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1
	}
	n := -1
	err = raw.Control(func(fd uintptr) {
		if q, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err == nil {
			n = q
		}
	})
	if err != nil {
		return -1
	}
	return n
}
