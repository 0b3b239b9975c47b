//go:build unix

package socket

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// TryWriter writes to a socket only what it takes at once. One goroutine at a
// time uses it.
type TryWriter struct {
	raw  syscall.RawConn
	once func(fd uintptr) bool // made once, as is many: a closure per write would be garbage
	many func(fd uintptr) bool

	// Of the write that is going on:
	buf  []byte
	bufs [][]byte // what is left of them
	n    int
	err  error

	vector vector
}

// NewTryWriter returns nil for a connection whose Write does more than hand
// the bytes to a socket.
func NewTryWriter(conn net.Conn) *TryWriter {
	raw, ok := rawSocket(conn)
	if !ok {
		return nil
	}
	w := &TryWriter{raw: raw}
	w.once = func(fd uintptr) bool {
		for w.n < len(w.buf) {
			n, errno := writeNow(fd, w.buf[w.n:])
			switch errno {
			case 0:
				w.n += n
			case syscall.EINTR:
			case syscall.EAGAIN:
				return true // do not wait for the socket
			default:
				w.err = os.NewSyscallError("write", errno)
				return true
			}
		}
		return true
	}
	w.many = func(fd uintptr) bool {
		for len(w.bufs) > 0 {
			n, errno := w.vector.write(fd, w.bufs)
			switch errno {
			case 0:
				w.n += n
				w.bufs = skip(w.bufs, n)
			case syscall.EINTR:
			case syscall.EAGAIN:
				return true
			default:
				w.err = os.NewSyscallError("writev", errno)
				return true
			}
		}
		return true
	}
	return w
}

// Try returns how many bytes of buf the socket took. That may be less than
// all of them without an error.
func (w *TryWriter) Try(buf []byte) (int, error) {
	w.buf, w.n, w.err = buf, 0, nil
	err := w.raw.Write(w.once)
	if err == nil {
		err = w.err
	}
	w.buf = nil
	return w.n, err
}

// TryMany is Try for the bytes of bufs, one after the other, of which none is empty:
// they leave in one write. It changes bufs.
func (w *TryWriter) TryMany(bufs [][]byte) (int, error) {
	w.bufs, w.n, w.err = bufs, 0, nil
	err := w.raw.Write(w.many)
	if err == nil {
		err = w.err
	}
	w.bufs = nil
	return w.n, err
}

// skip drops the first n bytes of bufs.
func skip(bufs [][]byte, n int) [][]byte {
	for len(bufs) > 0 && n >= len(bufs[0]) {
		n -= len(bufs[0])
		bufs = bufs[1:]
	}
	if n > 0 {
		bufs[0] = bufs[0][n:]
	}
	return bufs
}

// rawSocket returns the socket of a connection that is nothing else.
func rawSocket(conn net.Conn) (syscall.RawConn, bool) {
	var sc syscall.Conn
	switch c := conn.(type) {
	case *net.TCPConn:
		sc = c
	case *net.UnixConn:
		sc = c
	default:
		return nil, false
	}
	raw, err := sc.SyscallConn()
	return raw, err == nil
}

// told is what a system call says, as the number that it is.
func told(n int, err error) (int, syscall.Errno) {
	var errno syscall.Errno
	if err != nil && !errors.As(err, &errno) {
		errno = syscall.EIO // the package syscall has no other errors here
	}
	return max(n, 0), errno
}
