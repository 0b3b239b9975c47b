package rpcserver

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// source is the receiving half of a connection with its deadlines: none
// between frames, FrameTimeout inside one, and once the server stops, reading
// ends after Linger. Only stop may be called from another goroutine.
type source struct {
	nc           net.Conn
	frameTimeout time.Duration
	linger       time.Duration
	idle         func()      // called before each wait for bytes
	busy         func() bool // calls are in flight

	arrived  int64 // bytes of the current frame, see wire.FrameReader.BeforeRead
	started  bool  // the deadline is that of the current frame
	deadline bool  // there is one
	stopping atomic.Bool
}

// next must be called before each frame.
func (s *source) next() { s.started = false }

// beforeRead is a wire.FrameReader's hook.
func (s *source) beforeRead(arrived int64) {
	s.idle()
	s.arrived = arrived
	if s.stopping.Load() {
		return // the deadline is stop's
	}
	switch {
	case arrived == 0 && s.deadline:
		s.deadline = false
		s.nc.SetReadDeadline(time.Time{})
	case arrived > 0 && !s.started:
		s.started, s.deadline = true, true
		s.nc.SetReadDeadline(time.Now().Add(s.frameTimeout))
	default:
		return
	}
	// The server may have stopped between the first look and the new
	// deadline, which then has replaced stop's.
	if s.stopping.Load() {
		s.extend()
	}
}

// Read reads from the connection. A deadline that passes between frames while
// the server stops means another round of waiting for as long as calls are in
// flight, so that their connection is heard until the last reply.
func (s *source) Read(p []byte) (int, error) {
	for {
		n, err := s.nc.Read(p)
		if n > 0 || err == nil || s.arrived > 0 || !s.stopping.Load() || !errors.Is(err, os.ErrDeadlineExceeded) || !s.busy() {
			return n, err
		}
		s.extend()
	}
}

// stop makes reading end.
func (s *source) stop() {
	s.stopping.Store(true)
	s.extend()
}

func (s *source) extend() { s.nc.SetReadDeadline(time.Now().Add(s.linger)) }
