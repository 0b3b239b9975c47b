package eventloop

import (
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"pikv/socket"
)

// acceptBatch bounds the connections that are accepted before the others have
// their turn.
const acceptBatch = 64

// listener is the listening socket. The first loop has it.
type listener struct {
	fd     int // -1: none
	pauses socket.Pauses
	resume time.Time // when to accept again; zero when it is not paused
}

// arrival is a connection that was accepted.
type arrival struct {
	fd            int
	remote, local netip.AddrPort
	admission     admission
}

// accept takes the connections that wait.
func (l *loop) accept() {
	for range acceptBatch {
		if l.listener.fd < 0 {
			return
		}
		fd, addr, err := unix.Accept4(l.listener.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch {
		case err == nil:
			l.listener.pauses = socket.Pauses{}
			l.arrived(fd, addr)
		case errors.Is(err, unix.EAGAIN):
			return
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.ECONNABORTED):
		default:
			l.listener.rest(l, err)
			return
		}
	}
}

// arrived gives a new connection to a loop.
func (l *loop) arrived(fd int, addr unix.Sockaddr) {
	b := arrival{fd: fd, remote: addrOf(addr)}
	if local, err := unix.Getsockname(fd); err == nil {
		b.local = addrOf(local)
	}
	if b.admission = l.engine.server.admit(); b.admission == drop {
		unix.Close(fd)
		return
	}
	prepare(fd, l.engine.server.cfg.DeadPeer)
	to := l.engine.idlest()
	to.load.Add(1)
	if to == l {
		l.adopt(b)
		return
	}
	to.mail.Lock()
	ended := to.mail.closed
	if !ended {
		to.mail.births = append(to.mail.births, b)
	}
	to.mail.Unlock()
	if ended { // the server is being closed
		l.engine.server.depart(b.admission)
		unix.Close(fd)
		return
	}
	to.rouse()
}

// prepare makes a socket send without waiting for more, and the kernel break it when its
// peer has gone without a word, and keep little for one that does not read. It would
// inherit this from the one that listens, if that were not of MPTCP as often as not.
func prepare(fd int, deadPeer time.Duration) {
	// All fail on a broken connection, which the first read reports.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	_ = socket.DetectDeadPeerFD(fd, deadPeer)
	_ = socket.LimitUnsentFD(fd)
}

// rest stops accepting for a while, since it fails.
func (ln *listener) rest(l *loop, err error) {
	d, first := ln.pauses.Next()
	if first {
		l.engine.server.cannotAccept(err)
	}
	l.poll.deafen(ln.fd)
	ln.resume = time.Now().Add(d)
}

// wake ends rest when it is time.
func (ln *listener) wake(l *loop, now time.Time) {
	if ln.fd < 0 || ln.resume.IsZero() || now.Before(ln.resume) {
		return
	}
	ln.resume = time.Time{}
	if err := l.poll.listen(ln.fd); err != nil {
		ln.rest(l, err)
	}
}

func (ln *listener) close() {
	if ln.fd >= 0 {
		unix.Close(ln.fd)
		ln.fd = -1
		ln.resume = time.Time{}
	}
}

// addrOf returns the zero value for what is no TCP address.
func addrOf(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}
