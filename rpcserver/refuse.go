package rpcserver

import (
	"errors"
	"net"
	"time"

	"pikv/wire"
)

const (
	// maxRefusals is how many surplus connections are told so at once; more
	// are closed without a word. A peer among them waits for its turn no
	// longer than clients take to understand.
	maxRefusals = 64
	// refusalTime is how long a surplus connection may take to say what it wants.
	refusalTime = time.Second
)

// refuse answers the first request of a surplus connection with CodeBusy and
// closes it. That tells the client that the request had no effect, which a
// connection that is merely closed would not. A peer's is served.
func (s *Server) refuse(nc net.Conn) {
	select {
	case s.refusals <- struct{}{}:
	default:
		s.count.refused.Add(1)
		nc.Close()
		return
	}
	s.serving.Go(func() {
		if c := s.judge(nc); c != nil {
			c.serve()
		}
	})
}

// judge returns the connection of a peer, or refuses and closes it.
func (s *Server) judge(nc net.Conn) (c *conn) {
	defer func() {
		if <-s.refusals; c == nil {
			nc.Close()
		}
	}()
	over := make(chan struct{})
	defer close(over)
	s.serving.Go(func() {
		select {
		case <-s.stopping:
			nc.Close()
		case <-over:
		}
	})
	nc.SetDeadline(time.Now().Add(refusalTime))
	m, ok := firstRequest(nc, s.cfg.Limits)
	if !ok {
		s.count.refused.Add(1)
		return nil
	}
	nc.SetDeadline(time.Time{}) // before the server can set its own, to stop
	c, refused := s.greetSurplus(nc, m)
	if refused == nil {
		s.count.accepted.Add(1)
		return c
	}
	s.count.refused.Add(1)
	nc.SetDeadline(time.Now().Add(refusalTime))
	if _, err := nc.Write(wire.AppendResponseError(nil, m.ID, refused)); err == nil {
		drain(nc, refusalTime)
	}
	return nil
}

// firstRequest reads the first message, if that is a request, or the one after
// AtMost; one that is not small without its method and parameters.
func firstRequest(nc net.Conn, limits wire.Limits) (m wire.Message, ok bool) {
	frames := wire.NewFrameReader(nc, limits, wire.NewBudget(0))
	for told := false; ; told = true {
		frame, _, err := frames.ReadFrame(nil)
		if fe, refused := errors.AsType[*wire.FrameError](err); refused {
			return wire.Message{ID: fe.ID}, fe.Request
		}
		if err != nil {
			return m, false
		}
		m, err = wire.ParseMessage(frame)
		if err == nil && m.Kind == wire.Notify && string(m.Method) == wire.MethodAtMost && !told {
			continue
		}
		if frames.Buffered() > 0 {
			m.Method = nil // more than a hello: not a peer, who waits for the answer
		}
		return m, err == nil && m.Kind == wire.Request
	}
}

// drain ends a connection from this side and reads on for at most the given
// time, until the peer has ended it too: closing while bytes from the peer are
// unread would make the kernel throw away replies that it has not read.
func drain(nc net.Conn, patience time.Duration) {
	half, ok := nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	nc.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 4<<10)
	for {
		if _, err := nc.Read(buf); err != nil {
			return
		}
	}
}
