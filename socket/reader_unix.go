//go:build unix

package socket

import (
	"io"
	"net"
	"os"
	"syscall"
)

// NewReader returns a reader of conn that is conn's own Read, but cheaper where conn
// is a socket. One goroutine at a time uses it. conn's deadlines hold.
func NewReader(conn net.Conn) io.Reader {
	sc, ok := rawSocket(conn)
	if !ok {
		return conn
	}
	r := &reader{raw: sc}
	r.once = func(fd uintptr) bool {
		for {
			r.n, r.errno = readNow(fd, r.buf)
			switch r.errno {
			case syscall.EINTR:
			case syscall.EAGAIN:
				return false // wait for the socket
			default:
				return true
			}
		}
	}
	return r
}

type reader struct {
	raw  syscall.RawConn
	once func(fd uintptr) bool // made once: a closure per read would be garbage

	buf   []byte // of the read that is going on
	n     int
	errno syscall.Errno
}

// Read implements io.Reader.
func (r *reader) Read(buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	r.buf, r.n, r.errno = buf, 0, 0
	err := r.raw.Read(r.once)
	r.buf = nil
	switch {
	case err != nil:
		return 0, err
	case r.errno != 0:
		return 0, os.NewSyscallError("read", r.errno)
	case r.n == 0:
		return 0, io.EOF
	}
	return r.n, nil
}
