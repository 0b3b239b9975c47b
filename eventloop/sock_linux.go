package eventloop

import (
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pikv/socket"
)

// sock is a connection of a loop on epoll.
type sock struct {
	Conn
	fd        int
	loop      *loop
	place     int32 // in the loop's table
	admission admission
	mailed    atomic.Bool // a visit is in the loop's mail

	// The loop's.
	readable bool // there may be something to read
	ended    bool // the end of what the peer sends is in the socket, or an error
	listed   bool // it is in the loop's list of those to be looked at again
	shut     bool // the peer was told that no more follows
	gone     bool
	lingers  time.Time    // until when to wait for the peer, once shut
	measured time.Time    // the last progress that was noticed, for a blocked connection
	queued   int          // the bytes in the socket then
	takes    socket.Takes // while it is blocked
	heard    int64        // bytes that were read
	noticed  int64        // of them, those that count as taken, for a blocked connection
	sentAt   time.Time    // when these were noticed last
	partSeen uint64       // the Turn.Part that was noticed last
	partAt   time.Time    // and when first

	// Under mu.
	blocked  bool  // the socket takes nothing now; the loop is to write on
	outEvent bool  // it has become writable while somebody writes
	took     int64 // bytes that the socket has taken

	wantOut atomic.Bool // events of writability matter
}

// adopt serves a new connection.
func (l *loop) adopt(b arrival) {
	s := &sock{fd: b.fd, loop: l, admission: b.admission}
	s.server, s.carrier = l.engine.server, s
	s.id = s.server.lastID.Add(1)
	s.Conn.loop, s.remote, s.local = l.id, b.remote, b.local
	var generation int32
	s.place, generation = l.conns.put(s)
	s.open(b.admission)
	if err := l.poll.connection(s.fd, s.place, generation); err != nil {
		s.abort(err)
	}
	s.respond()
	s.visit()
}

func (s *sock) wake() {
	if s.mailed.Swap(true) {
		return
	}
	l := s.loop
	l.mail.Lock()
	l.mail.visits = append(l.mail.visits, s)
	l.mail.Unlock()
	l.rouse()
}

// event tells what has happened to the socket.
func (s *sock) event(events uint32) {
	if events&unix.EPOLLOUT != 0 && s.wantOut.Load() {
		s.writable()
	}
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		s.readable = true
	}
	if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		s.ended = true
	}
	if events&unix.EPOLLERR != 0 {
		s.broken()
	}
	s.visit()
}

// broken closes the connection after an error of the socket, which a paused one would
// not notice.
func (s *sock) broken() {
	code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		s.abort(os.NewSyscallError("connection", unix.Errno(code)))
	}
}

// visit does what is due on the connection: a part of it, if it is much.
func (s *sock) visit() {
	if s.gone {
		return
	}
	s.mu.Lock()
	closed, finished, blocked := s.mu.closed, s.mu.finish, s.blocked
	flush := s.mu.out.size > 0 && !s.mu.writing && !blocked
	eager := s.stallLocked() && !finished && !closed
	kick := eager && s.mu.kick && !s.in.eof
	s.mu.Unlock()
	if flush {
		s.write()
	}
	switch {
	case closed:
		s.bury()
		return
	case finished:
		s.finishing()
	case s.loop.done&orderStop != 0 && !s.in.eof:
		s.end(&s.loop.turn, s.loop.shared)
		s.respond()
	case kick:
		s.revisit(&s.loop.turn, s.loop.shared)
		s.respond()
	case eager && s.readable && !s.in.eof:
		s.receive()
		s.respond()
	}
	s.next()
}

// next sees to it that the connection is visited again if need be.
func (s *sock) next() {
	s.mu.Lock()
	timed := s.blocked || s.shut || s.in.part != 0
	idle := !s.mu.writing && s.mu.out.size == 0
	eager := s.stallLocked() && !s.mu.finish && !s.in.eof
	due := s.mu.closed && !s.mu.writing || s.mu.finish && !s.shut && idle ||
		eager && (s.readable || s.mu.kick) || s.shut && s.readable
	s.mu.Unlock()
	if timed {
		s.loop.watched[s] = struct{}{}
	}
	if due && !s.listed {
		s.listed = true
		s.loop.again = append(s.loop.again, s)
	}
}

// bury is the end of the connection. If somebody is writing, he calls wake
// afterwards.
func (s *sock) bury() {
	s.mu.Lock()
	writing := s.mu.writing
	s.mu.Unlock()
	if writing || s.gone {
		return
	}
	s.gone = true
	l := s.loop
	delete(l.watched, s)
	l.conns.remove(s.place)
	unix.Close(s.fd) // which also ends its events
	l.load.Add(-1)
	s.close(s.admission)
}
