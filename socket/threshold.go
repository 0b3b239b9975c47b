package socket

import (
	"net"
	"syscall"
)

// maxThreshold is what a socket's least buffer holds with ease.
const maxThreshold = 32 << 10

// Threshold says how many bytes must have arrived at a connection before its
// reader is woken. On a slow link a large message comes packet by packet, and
// to wake for each costs more than to read them. For the connection's reader
// alone. A nil Threshold does nothing.
type Threshold struct {
	raw   syscall.RawConn
	bytes int // as set
	set   func(fd uintptr)
}

// NewThreshold returns the threshold of conn, nil if it is no TCP socket.
func NewThreshold(conn net.Conn) *Threshold {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	t := &Threshold{raw: raw, bytes: 1}
	t.set = func(fd uintptr) { setThreshold(fd, t.bytes) } // once: a closure for each call costs memory
	return t
}

// Expect tells how many bytes the reader cannot do without, 0 when it does not
// know. Nobody is woken before as many have arrived, or a good part of many: it
// must never be more than come.
func (t *Threshold) Expect(bytes int) {
	if t == nil {
		return
	}
	if bytes = max(1, min(bytes, maxThreshold)); bytes != t.bytes {
		t.bytes = bytes
		_ = t.raw.Control(t.set) // fails once the connection is closed, which the reader sees
	}
}
