//go:build !race

package socket

import (
	"syscall"
	"unsafe"
)

// rawMost is up to how many bytes a read or write of a socket that does not block
// is made without telling the scheduler: it takes the processor from a goroutine
// that is in a system call for 20 microseconds, which on loopback, where the other
// side's half of the work is done in it, is not rare, and gives it back at the
// price of waking a thread.
const rawMost = 32 << 10

// writeNow and readNow are one system call on a socket that does not block.
func writeNow(fd uintptr, p []byte) (int, syscall.Errno) {
	if len(p) > rawMost {
		return told(syscall.Write(int(fd), p))
	}
	return raw(syscall.SYS_WRITE, fd, p)
}

func readNow(fd uintptr, p []byte) (int, syscall.Errno) {
	if len(p) > rawMost {
		return told(syscall.Read(int(fd), p))
	}
	return raw(syscall.SYS_READ, fd, p)
}

func raw(trap, fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
