package socket

import (
	"net"

	"golang.org/x/sys/unix"
)

// Queued is the number of bytes that the kernel has taken from this side and
// the peer has not acknowledged, -1 when it cannot be told.
func Queued(conn net.Conn) int { return ask(conn, unix.SIOCOUTQ) }

// Arrived is the number of bytes that have come from the peer and nobody has read,
// -1 when it cannot be told. It asks the kernel, whatever conn's deadline says.
func Arrived(conn net.Conn) int { return ask(conn, unix.SIOCINQ) }

// ask returns what one of the kernel's questions about a socket gives, -1 for nothing.
func ask(conn net.Conn, question uint) int {
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
		if q, err := unix.IoctlGetInt(int(fd), question); err == nil {
			n = q
		}
	})
	if err != nil {
		return -1
	}
	return n
}
