package eventloop

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"pikv/socket"
)

// Server serves the connections of one listener. Safe for concurrent use.
type Server struct {
	cfg     Config
	lastID  atomic.Uint64
	count   counters
	warning socket.SlowWarning

	mu struct {
		sync.Mutex
		engine engine // nil before Start
		closed bool
	}
}

// engine is a way to serve connections.
type engine interface {
	// stop ends accepting and reading. It does not wait, and is called once.
	stop()
	// kill closes all connections as they are. It does not wait. It comes
	// after stop, and perhaps more than once.
	kill()
	// gone is closed when no goroutine of the engine is left.
	gone() <-chan struct{}
}

// New makes a server that does not serve yet.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure event loop: %w", err)
	}
	return &Server{cfg: cfg}, nil
}

// Start serves the connections of ln, which belongs to the server from now on,
// also when Start fails. It may be called once.
func (s *Server) Start(ln net.Listener) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed || s.mu.engine != nil {
		ln.Close()
		return ErrShutdown
	}
	var err error
	if s.mu.engine, err = s.newEngine(ln); err != nil {
		ln.Close()
		s.mu.engine = nil
		return fmt.Errorf("start event loop: %w", err)
	}
	return nil
}

// Close stops accepting and reading, and calls EOF of the handlers that have
// not seen it. When they have called Conn.Finish and what waits is sent, it returns.
// When ctx ends first, and at once when it already has, it closes the
// connections as they are, and returns an error that wraps ctx's. When it
// returns, all handlers' Closed have returned and no goroutine of the server
// is left. It may be called again, to wait or to lose patience.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	first := !s.mu.closed
	s.mu.closed = true
	e := s.mu.engine
	s.mu.Unlock()
	if e == nil {
		return nil
	}
	if first {
		e.stop()
	}
	if ctx.Err() == nil {
		select {
		case <-e.gone():
			return nil
		case <-ctx.Done():
		}
	}
	select {
	case <-e.gone():
		return nil
	default:
	}
	left := s.count.open.Load()
	e.kill()
	<-e.gone()
	return fmt.Errorf("close %d connections as they were: %w", left, context.Cause(ctx))
}

// newEngine picks the way to serve ln.
func (s *Server) newEngine(ln net.Listener) (engine, error) {
	if !s.cfg.Portable {
		if e, err := s.native(ln); e != nil || err != nil {
			return e, err
		}
	}
	return s.portable(ln), nil
}
