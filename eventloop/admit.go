package eventloop

import (
	"net/netip"
	"sync/atomic"

	"go.uber.org/zap"
)

// maxRefusals is how many surplus connections are told so at once; more are closed
// without a word.
const maxRefusals = 64

// counters are a server's.
type counters struct {
	open, refusals                  atomic.Int64
	accepted, refused, panics, slow atomic.Uint64
}

// Stats tell of a server.
type Stats struct {
	Open     int    // connections that are open
	Accepted uint64 // connections that got a handler
	Refused  uint64 // connections beyond Config.MaxConns
	Panics   uint64 // calls of handlers that panicked
	Slow     uint64 // connections closed because the peer took too little, or did not send the rest
}

// Stats returns the present numbers.
func (s *Server) Stats() Stats {
	return Stats{
		Open:     int(s.count.open.Load()),
		Accepted: s.count.accepted.Load(),
		Refused:  s.count.refused.Load(),
		Panics:   s.count.panics.Load(),
		Slow:     s.count.slow.Load(),
	}
}

// admission is what becomes of a new connection.
type admission byte

const (
	serve  admission = iota
	refuse           // tell it and close it
	drop             // close it
)

// admit counts a new connection, unless it is to be dropped.
func (s *Server) admit() admission {
	if s.count.open.Add(1) <= int64(s.cfg.MaxConns) {
		s.count.accepted.Add(1)
		return serve
	}
	s.count.open.Add(-1)
	s.count.refused.Add(1)
	if s.cfg.Refuse == nil {
		return drop
	}
	if s.count.refusals.Add(1) > maxRefusals {
		s.count.refusals.Add(-1)
		return drop
	}
	return refuse
}

// cannotAccept logs the first failure to accept of several.
func (s *Server) cannotAccept(err error) {
	s.cfg.Log.Error("no connection can be accepted; trying again", zap.Error(err))
}

// tooSlow counts a connection that is closed because its peer takes too little.
func (s *Server) tooSlow(peer netip.AddrPort) {
	n := s.count.slow.Add(1)
	if s.warning.Due() {
		s.cfg.Log.Warn("a client takes its replies too slowly, and is cut off", zap.Stringer("client", peer), zap.Uint64("slow ones so far", n))
	}
}

// open gives an admitted connection its handler.
func (c *Conn) open(a admission) {
	defer c.recovered()
	c.handler = refusal{}
	if a == refuse {
		_ = c.Append(c.server.cfg.Refuse(c.remote)) // it is new and has room
		c.Finish()
		return
	}
	if h := c.server.cfg.Accept(c); h != nil {
		c.handler = h
		return
	}
	c.Close()
}

// close calls Closed. It is the last that happens to a connection; what lent memory and
// what room is still held is given back.
func (c *Conn) close(a admission) {
	c.in.drop()
	c.mu.Lock()
	cause := c.mu.cause
	dones := c.mu.out.sent(c.mu.out.size, nil)
	c.trimLocked()
	c.mu.Unlock()
	for _, done := range dones {
		done()
	}
	func() {
		defer c.recovered()
		c.handler.Closed(cause)
	}()
	c.server.depart(a)
}

// depart ends what admit has begun.
func (s *Server) depart(a admission) {
	if a == refuse {
		s.count.refusals.Add(-1)
	} else {
		s.count.open.Add(-1)
	}
}

// refusal is the handler of a connection that is told to go.
type refusal struct{}

func (refusal) Data(t *Turn) { t.In = nil }
func (refusal) EOF(*Turn)    {}
func (refusal) Closed(error) {}
