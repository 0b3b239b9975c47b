package rpcserver

import (
	"context"
	"fmt"
	"time"
)

// handlerGrace is how long Close waits for slow handlers to return after
// their ctx has ended.
const handlerGrace = 5 * time.Second

// Close stops accepting, answers new calls with CodeShuttingDown, waits for
// the calls in flight, sends their replies and closes all connections. When ctx
// ends first, and at once when it already has, it cancels the handlers' ctx,
// closes the connections as they are, and returns an error that wraps ctx's.
// No goroutine of the server is left when it returns, except handlers that do
// not obey their ctx, for which it gives up waiting with another error. It may
// be called again, to wait or to lose patience.
func (s *Server) Close(ctx context.Context) error {
	s.stopOnce.Do(s.stop)
	var cut error
	if ctx.Err() == nil {
		select {
		case <-s.gone:
			return nil
		case <-ctx.Done():
		}
	}
	select {
	case <-s.gone:
		return nil
	default:
	}
	inFlight := s.Stats().InFlight
	for _, c := range s.open() {
		c.kill()
	}
	cut = fmt.Errorf("close server with %d calls in flight: %w", inFlight, context.Cause(ctx))
	grace := time.NewTimer(handlerGrace)
	defer grace.Stop()
	select {
	case <-s.gone:
		return cut
	case <-grace.C:
		return fmt.Errorf("%d handlers ignore the end of their context: %w", s.slow.Load(), cut)
	}
}

// stop begins the end: no new connections, and the open ones end when their
// calls have.
func (s *Server) stop() {
	s.mu.Lock()
	s.mu.stop = true
	ln := s.mu.ln
	s.mu.Unlock()
	close(s.stopping)
	if ln != nil {
		ln.Close()
	}
	for _, c := range s.open() {
		c.in.stop()
	}
	go func() {
		s.serving.Wait() // first: connections start handlers
		s.handlers.Wait()
		close(s.gone)
	}()
}

// open lists the connections.
func (s *Server) open() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*conn, 0, len(s.mu.conns))
	for c := range s.mu.conns {
		conns = append(conns, c)
	}
	return conns
}
