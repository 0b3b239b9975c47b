package rpcserver

import (
	"errors"
	"net"

	"pikv/wire"
)

// errOver ends a peer's connection when the server has stopped.
var errOver = errors.New("the server has stopped")

// HandleHello registers the request by which another node makes its connection
// a peer's: answered with nil, it counts against Config.MaxPeers and PeerBudget
// from then on instead of against what all others share. The sender waits for
// the answer before it sends anything else. Notifications of the same name are
// taken from peers only; their handler is HandleNotify's. h runs on the
// connection's reader and must not block.
func (s *Server) HandleHello(name string, h HelloHandler) { s.register(name).hello = h }

// hello answers a hello.
func (c *conn) hello(call *Call, h *method) {
	if call.reserved > 0 || c.inFlight.Load() > 1 || c.frames.Buffered() > 0 {
		c.reject(call, wire.Errorf(wire.CodeBadRequest, "%s: a hello is small, and alone on its connection until it is answered", h.name))
		return
	}
	if e := c.greet(h, call.Params); e != nil {
		c.reject(call, e)
		return
	}
	call.Reply(wire.AppendNil)
	call.reach(stateReturned)
}

// greet makes the connection a peer's, or tells why not.
func (c *conn) greet(h *method, params []byte) (refused *wire.Error) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(h.name, v)
			refused = wire.Errorf(wire.CodeInternal, "%s failed; see the node's log", h.name)
		}
	}()
	if err := h.hello(c.peer, params); err != nil {
		return wire.AsError(err)
	}
	s := c.server
	if !c.greeted && !s.addPeer(c) {
		return wire.Errorf(wire.CodeBusy, "too many connections of peers (%d)", s.cfg.MaxPeers)
	}
	c.readFrames(s.cfg.peerLimits(), s.cfg.PeerBudget)
	return nil
}

// addPeer counts a connection as a peer's, if there is room.
func (s *Server) addPeer(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.stop || s.mu.peers >= s.cfg.MaxPeers {
		return false
	}
	s.mu.peers++
	c.greeted = true
	s.mu.conns[c] = struct{}{} // a surplus one is not there yet
	return true
}

// greetSurplus makes a peer's connection of one for which there was no other
// room, and which has sent m. Its error is the answer if that failed.
func (s *Server) greetSurplus(nc net.Conn, m wire.Message) (*conn, *wire.Error) {
	h := s.methods[string(m.Method)]
	if h == nil || h.hello == nil {
		return nil, wire.Errorf(wire.CodeBusy, "too many connections (%d)", s.cfg.MaxConns)
	}
	c := newConn(s, nc)
	if e := c.greet(h, m.Params); e != nil {
		return nil, e
	}
	_, _ = c.out.Append(func(buf []byte) []byte { return wire.AppendNil(wire.AppendResponseOK(buf, m.ID)) }, 0)
	return c, nil
}

// budget is what the connection's requests are taken from.
func (c *conn) budget() *wire.Budget {
	if c.greeted {
		return c.server.cfg.PeerBudget
	}
	return c.server.cfg.Budget
}

// needed reports whether the connection must be heard while the server stops:
// its calls are in flight or, when it is a peer's, anybody's, for they may wait
// for the peer.
func (c *conn) needed() bool {
	return c.inFlight.Load() > 0 || c.greeted && c.server.inFlight()
}

// over reports whether a peer, who never falls silent, need not be heard any
// more because the server has stopped.
func (c *conn) over() bool {
	return c.greeted && c.in.stopping.Load() && !c.server.inFlight()
}

// inFlight reports whether any call is.
func (s *Server) inFlight() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.mu.conns {
		if c.inFlight.Load() > 0 {
			return true
		}
	}
	return false
}
