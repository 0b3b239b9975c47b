package rpcserver

import (
	"errors"
	"net"
	"time"

	"pikv/wire"
)

const (
	// maxRefusals is how many surplus connections are told so at once; more
	// are closed without a word.
	maxRefusals = 16
	// refusalTime is how long a surplus connection may take to say what it wants.
	refusalTime = time.Second
)

// refuse answers the first request of a surplus connection with CodeBusy and
// closes it. That tells the client that the request had no effect, which a
// connection that is merely closed would not.
func (s *Server) refuse(nc net.Conn) {
	select {
	case s.refusals <- struct{}{}:
	default:
		nc.Close()
		return
	}
	s.serving.Go(func() {
		defer func() { <-s.refusals }()
		defer nc.Close()
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
		id, ok := firstRequest(nc, s.cfg.Limits)
		if !ok {
			return
		}
		e := wire.Errorf(wire.CodeBusy, "too many connections (%d)", s.cfg.MaxConns)
		if _, err := nc.Write(wire.AppendResponseError(nil, id, e)); err == nil {
			drain(nc, refusalTime)
		}
	})
}

// firstRequest reads the id of the first message, if that is a request. It
// keeps no more of it than a small buffer.
func firstRequest(nc net.Conn, limits wire.Limits) (id uint32, ok bool) {
	frame, _, err := wire.NewFrameReader(nc, limits, wire.NewBudget(0)).ReadFrame(nil)
	if fe, refused := errors.AsType[*wire.FrameError](err); refused {
		return fe.ID, fe.Request
	}
	if err != nil {
		return 0, false
	}
	m, err := wire.ParseMessage(frame)
	return m.ID, err == nil && m.Kind == wire.Request
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
