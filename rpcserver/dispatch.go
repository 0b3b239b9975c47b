package rpcserver

import (
	"errors"
	"fmt"

	"go.uber.org/zap"

	"pikv/wire"
)

// freeCalls is how many calls in flight a connection may have before also
// small requests are taken from the budget.
const freeCalls = 16

var (
	// errDead: the connection was closed while its reader waited.
	errDead = errors.New("connection is dead")
	// errGarbage: a frame is msgpack but not a request or notification, or
	// claims to come from a peer.
	errGarbage = errors.New("garbage")
)

// isGarbage reports whether err is about what the peer sent.
func isGarbage(err error) bool {
	var fe *wire.FrameError
	return errors.Is(err, errGarbage) || errors.As(err, &fe)
}

// readAll serves one frame after the other. It returns io.EOF after the last
// one, or why there can be no more.
func (c *conn) readAll() error {
	s := c.server
	call := s.calls.Get().(*Call)
	for {
		if !c.room() {
			return errDead
		}
		if c.over() {
			return errOver
		}
		c.in.next()
		frame, reserved, err := c.frames.ReadFrame(call.frame)
		if err != nil {
			if err = c.refused(err); err != nil {
				return err
			}
			continue
		}
		c.cork()
		call.frame = frame
		m, err := wire.ParseMessage(frame)
		switch {
		case err != nil:
			err = fmt.Errorf("%w: %w", errGarbage, err)
		case m.Kind == wire.Request:
			call.reserved = reserved
			c.request(call, m)
			call = s.calls.Get().(*Call)
			continue
		case m.Kind == wire.Notify:
			err = c.notification(m)
			if cap(call.frame) > keepFrame {
				s.frames.put(call.frame)
				call.frame = nil
			}
		default:
			err = fmt.Errorf("%w: response to a request never sent", errGarbage)
		}
		if reserved > 0 {
			c.budget().Release(reserved)
		}
		if err != nil {
			return err
		}
	}
}

// refused deals with a frame that was not taken. A request is answered; when
// that is for want of budget, and the rest of it can be skipped, the connection
// goes on.
func (c *conn) refused(err error) error {
	var fe *wire.FrameError
	if !errors.As(err, &fe) || !fe.Request {
		return err
	}
	switch {
	case errors.Is(err, wire.ErrBudget):
		c.busy(fe.ID, "too many bytes in flight")
		if c.frames.Discard(int64(c.server.cfg.Limits.Frame)) == nil {
			return nil
		}
	case errors.Is(err, wire.ErrFrameTooLarge):
		c.answer(fe.ID, wire.Errorf(wire.CodeTooLarge, "request is over the limit of %d bytes", c.server.cfg.Limits.Frame))
	case errors.Is(err, wire.ErrTooMany), errors.Is(err, wire.ErrTooDeep):
		c.answer(fe.ID, wire.Errorf(wire.CodeTooLarge, "request is over the limits: %v", fe.Err))
	}
	return err
}

// request hands a call to its handler, or answers it right away.
func (c *conn) request(call *Call, m wire.Message) {
	s := c.server
	inFlight := c.inFlight.Add(1)
	call.conn, call.id = c, m.ID
	call.Params, call.PeerAddr, call.Arrived = m.Params, c.peer, c.clock()
	h := s.methods[string(m.Method)]
	switch {
	case s.isStopping():
		c.reject(call, wire.Errorf(wire.CodeShuttingDown, "the node is stopping"))
		return
	case h != nil && h.hello != nil:
		c.hello(call, h)
		return
	case h == nil || h.call == nil:
		s.count.unknown.Add(1)
		c.reject(call, wire.Errorf(wire.CodeUnknownMethod, "unknown method %.64q", m.Method))
		return
	}
	call.Method = h.name
	if call.reserved == 0 && inFlight > freeCalls {
		if !c.budget().Acquire(int64(len(call.frame))) {
			s.count.busy.Add(1)
			c.reject(call, wire.Errorf(wire.CodeBusy, "too many bytes in flight"))
			return
		}
		call.reserved = int64(len(call.frame))
	}
	if h.slow {
		if refused := s.takeSlow(h); refused != nil {
			c.reject(call, refused)
			return
		}
		c.calls.Add(1)
		c.goSlow(h, call, stateReturned)
		return
	}
	c.calls.Add(1)
	c.run(h, call, stateReturned)
}

// reject answers a call that no handler sees.
func (c *conn) reject(call *Call, err *wire.Error) {
	call.Fail(err)
	call.reach(stateReturned)
}

// run runs a handler on this goroutine. One that panics fails its own call and
// no other. A slow one must have replied when it returns, which the call then
// notes as returned.
func (c *conn) run(h *method, call *Call, returned uint32) {
	calm := false
	defer func() {
		if !calm {
			c.panicked(h.name, recover())
		}
		if (h.slow || !calm) && call.state.Load()&stateReplied == 0 {
			if calm {
				c.server.cfg.Log.Error("handler returned without a reply", zap.String("method", h.name))
			}
			call.Fail(wire.Errorf(wire.CodeInternal, "%s failed; see the node's log", h.name))
		}
		if calm {
			call.reach(returned)
		}
	}()
	h.call(c.ctx, call)
	calm = true
}

// notification hands a notification to its handler, also while the server
// stops: calls in flight may wait for it. Unknown ones are ignored.
func (c *conn) notification(m wire.Message) error {
	h := c.server.methods[string(m.Method)]
	if h == nil || h.notify == nil {
		if string(m.Method) == wire.MethodAtMost {
			return c.setAtMost(m.Params)
		}
		c.server.count.unknown.Add(1)
		return nil
	}
	if h.hello != nil && !c.greeted {
		return fmt.Errorf("%w: %s from a connection that has not said hello", errGarbage, h.name)
	}
	c.server.count.notifications.Add(1)
	defer func() {
		if v := recover(); v != nil {
			c.panicked(h.name, v)
		}
	}()
	h.notify(c.ctx, c.peer, m.Params)
	return nil
}

// panicked counts and logs a panic; called by a deferred function, so that the
// stack is that of the panic.
func (c *conn) panicked(method string, value any) {
	c.server.count.panics.Add(1)
	c.server.cfg.Log.Error("handler panicked", zap.String("method", method), zap.String("peer", c.peer),
		zap.String("panic", fmt.Sprint(value)), zap.Stack("stack"))
}
