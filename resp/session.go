package resp

import (
	"sync"
	"sync/atomic"
	"time"
)

// defaultUser is who gives a password without a name.
const defaultUser = "default"

// session is what a connection knows of its client. Its loop alone writes it; the
// lists of others read it.
type session struct {
	resp3  bool
	known  bool    // who it is
	bounds *bounds // of what it may send
	ran    *Command

	began time.Time
	last  atomic.Int64            // when it sent something, by Config.Clock
	cmd   atomic.Pointer[Command] // what it sent last

	mu struct {
		sync.Mutex
		user, name, library, version string
		resp3                        bool
		noEvict, noTouch             bool
	}
}

// begin is a new connection's.
func (s *session) begin(server *Server) {
	s.began = time.Now()
	s.last.Store(server.cfg.Clock())
	s.reset(server)
}

// reset makes the session like new.
func (s *session) reset(server *Server) {
	s.mu.Lock()
	s.mu.user, s.mu.name, s.mu.resp3, s.mu.noEvict, s.mu.noTouch = defaultUser, "", false, false, false
	s.mu.Unlock()
	s.resp3, s.known, s.bounds = false, len(server.cfg.Users) == 0, &server.member
	if !s.known {
		s.bounds = &server.strange
	}
}

// enter notes who the client is.
func (s *session) enter(server *Server, user string) {
	s.known, s.bounds = true, &server.member
	s.mu.Lock()
	s.mu.user = user
	s.mu.Unlock()
}

// speak sets the form of the replies.
func (s *session) speak(resp3 bool) {
	s.resp3 = resp3
	s.mu.Lock()
	s.mu.resp3 = resp3
	s.mu.Unlock()
}

// touched ends a turn.
func (s *session) touched(l *loop) {
	s.last.Store(l.now)
	if s.ran != s.cmd.Load() {
		s.cmd.Store(s.ran)
	}
}
