package socket

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

func limitUnsent(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) { set = LimitUnsentFD(int(fd)) }); err != nil {
		return err
	}
	return set
}

// LimitUnsentFD is LimitUnsent for a TCP socket that package net does not know.
func LimitUnsentFD(fd int) error {
	return os.NewSyscallError("set TCP_NOTSENT_LOWAT", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent))
}
