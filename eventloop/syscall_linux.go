package eventloop

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawMost is how many bytes the kernel copies in less time than the scheduler needs to
// notice: reads and writes of no more do not tell it that the thread is in the
// kernel. That of package socket is half of it: goroutines on all processors may make
// such calls at once, and what needs one of them waits, while the loops leave half of
// the processors to others (Config.Loops).
const rawMost = 64 << 10

// receive reads what has arrived; at the end of the stream n and errno are 0.
func receive(fd int, b []byte) (n int, errno unix.Errno) {
	var r uintptr
	if len(b) <= rawMost {
		r, _, errno = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	} else {
		r, _, errno = unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}

// send writes what the socket takes at once.
func send(fd int, b []byte) (n int, errno unix.Errno) {
	const flags = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	var r uintptr
	if len(b) <= rawMost {
		r, _, errno = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
	} else {
		r, _, errno = unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}

// sendAll is send for bytes that lie apart.
func sendAll(fd int, list [][]byte) (n int, errno unix.Errno) {
	if len(list) == 1 {
		return send(fd, list[0])
	}
	var vec [maxPieces]unix.Iovec
	for i, b := range list {
		vec[i].Base = &b[0]
		vec[i].SetLen(len(b))
	}
	msg := unix.Msghdr{Iov: &vec[0]}
	msg.SetIovlen(len(list))
	r, _, errno := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}

// maxPieces is how many pieces are written at once.
const maxPieces = 16
