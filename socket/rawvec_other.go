//go:build unix && (!linux || race)

package socket

import "syscall"

// vector is nothing here: pieces leave one by one, see writeNow.
type vector struct{}

func (*vector) write(fd uintptr, bufs [][]byte) (int, syscall.Errno) { return writeNow(fd, bufs[0]) }
