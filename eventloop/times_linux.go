package eventloop

import (
	"time"

	"golang.org/x/sys/unix"
)

// timeout is how many milliseconds the loop may wait for events.
func (l *loop) timeout() int {
	wait := time.Duration(-1)
	if len(l.watched) > 0 {
		wait = l.engine.server.cfg.tick()
	}
	if at := l.listener.resume; !at.IsZero() {
		if d := max(time.Until(at), 0); wait < 0 || d < wait {
			wait = d
		}
	}
	if wait < 0 {
		return -1
	}
	return int((wait + time.Millisecond - 1) / time.Millisecond)
}

// checkTimes does what is due by now.
func (l *loop) checkTimes() {
	if len(l.watched) == 0 && l.listener.resume.IsZero() {
		return
	}
	now := time.Now()
	l.listener.wake(l, now)
	if now.Sub(l.looked) < l.engine.server.cfg.tick() {
		return
	}
	l.looked = now
	for s := range l.watched {
		if !s.overdue(now) {
			delete(l.watched, s)
		}
	}
}

// overdue closes the connection if the peer has had its time, and reports whether it is
// still to be watched.
func (s *sock) overdue(now time.Time) (watch bool) {
	if s.shut {
		if now.After(s.lingers) {
			s.abort(nil)
		}
		return true
	}
	s.mu.Lock()
	goesOn := s.mu.stalled && s.stallLocked()
	s.mu.Unlock()
	if goesOn { // others have given room back: a peer that sends all before it reads has nothing else to hope for
		s.wake()
	}
	reads, sends := s.reads(now), s.sends(now)
	return reads || sends
}

// sends is overdue for what the peer has begun to send.
func (s *sock) sends(now time.Time) (watch bool) {
	s.mu.Lock()
	stalled := s.mu.stalled // it is not read, so the rest may be there
	s.mu.Unlock()
	switch part := s.in.part; {
	case part == 0:
		s.partSeen = 0
		return false
	case part != s.partSeen || stalled:
		s.partSeen, s.partAt = part, now
	case now.Sub(s.partAt) > s.server.cfg.InputTimeout:
		s.server.count.slow.Add(1)
		s.abort(ErrSlowSender)
	}
	return true
}

// reads is overdue for what it is to take. For a while a peer that goes on to send, and is
// read, is as alive as one that takes: it may be one that sends all before it reads.
func (s *sock) reads(now time.Time) (watch bool) {
	s.mu.Lock()
	blocked, progress, took := s.blocked, s.mu.progress, s.took
	s.mu.Unlock()
	if !blocked {
		s.takes.Stop()
		return false
	}
	if s.heard != s.noticed && now.Sub(progress) <= s.server.cfg.mostBefore() {
		s.noticed, s.sentAt = s.heard, now
	}
	news := !s.measured.Equal(progress)
	late := min(now.Sub(progress), now.Sub(s.sentAt)) > s.server.cfg.WriteTimeout
	// The kernel takes more only when a good part of its queue is free, which a
	// slow peer may not manage in time; that the queue shrinks shows that it reads.
	queued, err := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
	if err == nil && !s.takes.Enough(now, s.noticed+took-int64(queued), s.server.cfg.LeastRate, s.server.cfg.WriteTimeout) {
		s.tooSlow()
		return true
	}
	if !news && !late {
		return true
	}
	if err == nil && queued < s.queued && !news {
		progress = now
		s.mu.Lock()
		s.mu.progress = now
		s.mu.Unlock()
	} else if late {
		s.tooSlow()
		return true
	}
	s.measured, s.queued = progress, queued
	return true
}

func (s *sock) tooSlow() {
	s.server.tooSlow(s.remote)
	s.abort(ErrSlowReader)
}
