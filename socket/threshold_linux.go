package socket

import "golang.org/x/sys/unix"

// setThreshold is a wish: a socket that refuses wakes its reader too often.
func setThreshold(fd uintptr, bytes int) {
	_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes)
}
