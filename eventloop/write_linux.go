package eventloop

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// writeStep bounds the bytes of one write: the kernel copies them, and on
	// loopback to their end, while it keeps the processor.
	writeStep = 256 << 10
	// flushStep bounds what one call of flush writes: the others wait for it.
	flushStep = 1 << 20
)

// respond sends what the handler has answered.
func (s *sock) respond() {
	t := &s.loop.turn
	out := t.Out
	s.mu.Lock()
	switch {
	case s.mu.closed || len(out) == 0 && s.mu.out.size == 0:
		s.mu.Unlock()
	case s.mu.writing || s.mu.out.size > 0:
		s.mu.Unlock()
		s.settle(out)
		s.write()
	default: // nothing is before it: it needs not be copied
		s.mu.writing = true
		s.mu.Unlock()
		n, errno := send(s.fd, out[:min(len(out), writeStep)])
		s.mu.Lock()
		s.took += int64(n)
		if n < len(out) {
			s.mu.out.prepend(out[n:])
			s.mu.progress = time.Now()
		}
		if s.mu.out.size == 0 && !s.mu.closed && !s.mu.finish {
			s.mu.writing = false
			s.mu.Unlock()
		} else if errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR {
			s.failLocked(errno)
		} else {
			s.flushLocked()
		}
	}
	t.reset()
}

// flush is what Conn.Flush does.
func (s *sock) flush() {
	if !s.loop.helped.Load() {
		s.loop.helped.Store(true)
	}
	s.write()
}

// write sends what waits, if nobody does.
func (s *sock) write() {
	s.mu.Lock()
	if s.mu.writing || s.blocked || s.mu.closed || s.mu.out.size == 0 {
		s.mu.Unlock()
		return
	}
	s.mu.writing = true
	s.flushLocked()
}

// writable writes on, now that the socket takes more.
func (s *sock) writable() {
	s.mu.Lock()
	s.outEvent = true
	if s.mu.writing || !s.blocked {
		s.mu.Unlock()
		return
	}
	s.blocked = false
	s.mu.Unlock()
	s.write()
}

// flushLocked writes what waits, as much as the socket takes and within flushStep.
// The caller has set writing. It unlocks.
func (s *sock) flushLocked() {
	var room [maxPieces][]byte
	var dones []func()
	left := flushStep
	for s.mu.out.size > 0 && !s.mu.closed && left > 0 {
		list := s.mu.out.next(room[:0], writeStep)
		s.mu.Unlock()
		n, errno := sendAll(s.fd, list)
		s.mu.Lock()
		left -= n
		if n > 0 {
			s.took += int64(n)
			dones = s.mu.out.sent(n, dones)
			s.mu.progress = time.Now()
		}
		if errno == unix.EAGAIN {
			// An event that came before wantOut was set was not heeded: try once more.
			if s.wantOut.Load() && !s.outEvent {
				s.blocked, s.mu.progress = true, time.Now()
				break
			}
			s.wantOut.Store(true)
			s.outEvent = false
		} else if errno != 0 && errno != unix.EINTR {
			s.failLocked(errno)
			giveBack(dones)
			return
		}
	}
	s.mu.writing = false
	if !s.blocked {
		s.wantOut.Store(false)
	}
	s.trimLocked()
	wake := s.drainedLocked() || s.mu.closed || s.blocked || s.mu.out.size > 0 || s.mu.finish
	s.mu.Unlock()
	giveBack(dones)
	if wake {
		s.wake()
	}
}

// failLocked closes the connection after a write that failed. It unlocks.
func (s *sock) failLocked(errno unix.Errno) {
	s.mu.writing = false
	if !s.mu.closed {
		s.mu.closed, s.mu.cause = true, os.NewSyscallError("write", errno)
	}
	s.mu.Unlock()
	s.wake()
}

func giveBack(dones []func()) {
	for _, done := range dones {
		done()
	}
}
