package rpcserver

import "pikv/wire"

// Slow hands the call to h, which gets a goroutine of its own, as a handler
// registered with HandleMany does. Whoever has the call may do so once, in the
// place of a reply, and must not touch the call any more.
func (c *Call) Slow(h Handler) {
	conn, m := c.conn, &method{name: c.Method, call: h, slow: true, many: true}
	conn.mu.Lock()
	dead := conn.dead
	if !dead {
		conn.server.handlers.Add(1) // the connection is not over: Close still waits for it, and then for this
	}
	conn.mu.Unlock()
	if dead {
		c.Fail(wire.Errorf(wire.CodeShuttingDown, "the connection is dead"))
		return
	}
	defer conn.server.handlers.Done()
	if refused := conn.server.takeSlow(m); refused != nil {
		c.Fail(refused)
		return
	}
	c.state.Or(stateSlow)
	conn.goSlow(m, c, stateSlowReturned)
}

// takeSlow counts one more slow call, unless there are too many.
func (s *Server) takeSlow(m *method) *wire.Error {
	most := int64(s.cfg.MaxSlowCalls)
	switch {
	case m.many && s.many.Add(1) > (most+1)/2:
		s.many.Add(-1)
	case s.slow.Add(1) > most:
		s.giveSlow(m)
	default:
		return nil
	}
	s.count.busy.Add(1)
	return wire.Errorf(wire.CodeBusy, "too many slow calls")
}

// giveSlow counts one less.
func (s *Server) giveSlow(m *method) {
	if m.many {
		s.many.Add(-1)
	}
	s.slow.Add(-1)
}

// goSlow runs a handler, which takeSlow has counted, on a goroutine of its own.
func (c *conn) goSlow(h *method, call *Call, returned uint32) {
	c.server.handlers.Go(func() {
		defer c.server.giveSlow(h)
		c.run(h, call, returned)
	})
}
