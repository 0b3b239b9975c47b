package socket

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

func limitUnsent(conn *net.TCPConn, bytes int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, bytes)
	}); err != nil {
		return err
	}
	return os.NewSyscallError("set TCP_NOTSENT_LOWAT", set)
}
