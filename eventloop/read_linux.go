package eventloop

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// fillStep bounds what is read in one turn straight into the memory that Turn.Fill
// was given.
const fillStep = 256 << 10

// receive reads once and calls the handler.
func (s *sock) receive() {
	l := s.loop
	room, start, direct := s.in.space(l.shared, s.server.cfg.ReadSize, fillStep)
	n, errno := receive(s.fd, room[start:])
	s.heard += int64(max(n, 0))
	if n < len(room)-start && !s.ended {
		s.readable = false // what comes from now on is an event
	}
	switch {
	case n > 0 && direct:
		s.filled(&l.turn, n)
	case n > 0:
		s.deliver(&l.turn, room[:start+n], false)
	default:
		s.in.hold(room[:start])
		s.noBytes(errno)
	}
}

// noBytes handles a read that gave nothing.
func (s *sock) noBytes(errno unix.Errno) {
	switch errno {
	case 0:
		s.readable = false
		s.end(&s.loop.turn, s.loop.shared)
	case unix.EAGAIN:
		s.readable = false
	case unix.EINTR:
		s.readable = true
	default:
		s.readable = false
		s.abort(os.NewSyscallError("read", errno))
	}
}

// finishing ends a connection on which nothing more is read, when all is sent: it
// tells the peer, and waits until that has closed its side, too. To close the
// socket while the peer still sends could destroy the last answers.
func (s *sock) finishing() {
	s.mu.Lock()
	empty := s.mu.out.size == 0 && !s.mu.writing
	s.mu.Unlock()
	if !s.shut {
		if !empty {
			return
		}
		s.shut = true
		s.readable = true
		s.lingers = time.Now().Add(s.server.cfg.Linger)
		if unix.Shutdown(s.fd, unix.SHUT_WR) != nil || s.in.eof && s.loop.done&orderStop == 0 {
			s.abort(nil)
			return
		}
	}
	if !s.readable {
		return
	}
	n, errno := receive(s.fd, s.loop.shared)
	switch {
	case n > 0 || errno == unix.EINTR:
	case errno == unix.EAGAIN:
		s.readable = false
	default:
		s.abort(nil)
	}
}
