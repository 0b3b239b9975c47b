//go:build !race

package socket

import (
	"syscall"
	"unsafe"
)

// vector is the room for the addresses of what is written at once.
type vector [8]syscall.Iovec

// write is one system call on a socket that does not block. It may write less than
// bufs, of which none is empty.
func (v *vector) write(fd uintptr, bufs [][]byte) (int, syscall.Errno) {
	if len(bufs) == 1 {
		return writeNow(fd, bufs[0])
	}
	n := min(len(bufs), len(v))
	for i, b := range bufs[:n] {
		v[i].Base = unsafe.SliceData(b)
		v[i].SetLen(len(b))
	}
	wrote, _, errno := syscall.Syscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(v)), uintptr(n))
	clear(v[:n])
	if errno != 0 {
		return 0, errno
	}
	return int(wrote), 0
}
