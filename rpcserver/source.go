package rpcserver

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"pikv/socket"
)

// maxLingers is how many times Linger a client that goes on sending is heard.
const maxLingers = 8

// source is the receiving half of a connection with its deadlines: none
// between frames, FrameTimeout inside one, and once the server stops, reading
// ends after Linger. Only stop may be called from another goroutine.
type source struct {
	nc           net.Conn
	in           io.Reader // of nc
	threshold    *socket.Threshold
	frameTimeout time.Duration
	linger       time.Duration
	idle         func()      // called before each wait for bytes
	busy         func() bool // it must be heard although the server stops

	arrived  int64 // bytes of the current frame, see wire.FrameReader.BeforeRead
	started  bool  // the deadline is that of the current frame
	deadline bool  // there is one
	stopping atomic.Bool
	ending   bool      // Read has seen stopping
	last     time.Time // no more waiting after it, once no call is in flight
}

// next must be called before each frame.
func (s *source) next() { s.started = false }

// beforeRead is a wire.FrameReader's hook.
func (s *source) beforeRead(arrived int64, missing int) {
	s.idle()
	s.threshold.Expect(missing)
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

// Read reads from the connection. While the server stops it fails between
// frames once the peer has been silent for Linger and no call is in flight: so
// a connection is heard until its last reply, and its client has time to turn
// away. A reader that did not get the processor for so long has heard nothing
// either: bytes that have arrived are no silence. A client that goes on and on is
// not heard for ever.
func (s *source) Read(p []byte) (int, error) {
	for {
		var began time.Time // long ago: then the deadline is stop's, a whole Linger
		if s.stopping.Load() {
			began = time.Now()
		}
		n, err := s.in.Read(p)
		if n > 0 || !s.stopping.Load() || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if !s.ending {
			s.ending = true
			s.last = time.Now().Add(maxLingers * s.linger)
		}
		over := time.Now().After(s.last)
		switch {
		case !over && socket.Arrived(s.nc) > 0:
		case s.arrived > 0: // the rest of a frame does not come
			return 0, err
		case !s.busy() && (over || time.Since(began) >= s.linger):
			return 0, err
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
