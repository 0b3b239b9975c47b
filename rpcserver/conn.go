package rpcserver

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/rpcconn"
	"pikv/socket"
	"pikv/wire"
)

// drainTime is how long a connection that sent garbage is read on for, see drain.
const drainTime = time.Second

// conn is one connection. Its reader runs serve, its writer the outbox's Run.
type conn struct {
	server *Server
	nc     net.Conn
	peer   string
	in     source
	frames *wire.FrameReader
	out    *rpcconn.Outbox
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc

	inFlight atomic.Int64 // calls that have no reply yet
	calls    atomic.Int64 // requests handed to handlers
	waiting  atomic.Bool  // the reader waits in waitCalls
	atMost   atomic.Int64 // see Call.Wants; 0: any number

	held    bool  // reader's: see Call.Hold
	corked  bool  // reader's: replies wait until it has nothing to read
	arrived int64 // reader's: Config.Clock, since it last waited; 0 before it is read
	greeted bool  // reader's, and under the server's lock: it is a peer's

	mu   sync.Mutex
	cond *sync.Cond // with mu: a call was answered, or dead is set
	dead bool       // under mu: kill was called
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, nc: nc, peer: nc.RemoteAddr().String()}
	c.cond = sync.NewCond(&c.mu)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.in = source{
		nc:           nc,
		in:           socket.NewReader(nc),
		threshold:    socket.NewThreshold(nc),
		frameTimeout: s.cfg.FrameTimeout,
		linger:       s.cfg.Linger,
		idle:         c.uncork,
		busy:         c.needed,
	}
	c.readFrames(s.cfg.Limits, s.cfg.Budget)
	c.out = rpcconn.New(nc, rpcconn.Config{
		Limit:        s.cfg.MaxOut,
		WriteTimeout: s.cfg.WriteTimeout,
		LeastRate:    s.cfg.LeastRate,
		Budget:       s.cfg.Budget,
		Bursts:       s.cfg.Bursts,
		Failed:       c.writeFailed,
	})
	return c
}

// serve reads until the input ends, then lets the calls in flight end, and
// closes the connection.
func (c *conn) serve() {
	defer c.server.remove(c)
	var writer sync.WaitGroup
	writer.Go(c.out.Run)
	err := c.readAll()
	c.in.threshold.Expect(0)
	c.uncork()
	if errors.Is(err, errDead) || !c.endOfInput(err) {
		c.kill()
		writer.Wait()
		return
	}
	if c.waitCalls(0) {
		c.out.Finish()
	}
	writer.Wait()
	switch {
	case errors.Is(err, io.EOF):
	case c.in.stopping.Load():
		drain(c.nc, c.server.cfg.Linger)
	default:
		drain(c.nc, drainTime)
	}
	c.kill()
}

// endOfInput counts and logs why reading ended, and reports whether replies
// can still be sent.
func (c *conn) endOfInput(err error) bool {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, errOver):
		return true
	case errors.Is(err, os.ErrDeadlineExceeded) && c.in.stopping.Load():
		return true
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF), isGarbage(err):
		c.server.count.badFrames.Add(1)
		c.server.cfg.Log.Debug("bad frame, connection ends", zap.String("peer", c.peer), zap.Error(err))
		return true
	default:
		c.server.cfg.Log.Debug("read from connection", zap.String("peer", c.peer), zap.Error(err))
		return false
	}
}

// readFrames makes the reader of the connection's messages.
func (c *conn) readFrames(limits wire.Limits, budget *wire.Budget) {
	c.frames = wire.NewFrameReader(&c.in, limits, budget)
	c.frames.BeforeRead, c.frames.Reuse = c.in.beforeRead, c.server.frames.get
}

// uncork sends what the reader's calls have answered, and what else they
// produced; it is called whenever the reader is about to wait.
func (c *conn) uncork() {
	c.arrived = 0
	if c.corked {
		c.corked = false
		c.server.cfg.Bursts.End() // first: others wait for it, and then somebody for them
		c.out.Uncork()
	}
}

// clock reads Config.Clock once between two waits.
func (c *conn) clock() int64 {
	if c.arrived == 0 && c.server.cfg.Clock != nil {
		c.arrived = c.server.cfg.Clock()
	}
	return c.arrived
}

// cork gathers the replies of the calls that the reader is about to run.
func (c *conn) cork() {
	if !c.corked {
		c.corked = true
		c.server.cfg.Bursts.Begin()
		c.out.Cork()
	}
}

// room waits until another call may begin, which bounds the calls and the
// reply bytes of the connection. False means that the connection is dead.
func (c *conn) room() bool {
	limit := int64(c.server.cfg.MaxCallsPerConn)
	if c.held {
		c.held, limit = false, min(limit, freeCalls)
	}
	if c.inFlight.Load() < limit && !c.out.Full() {
		return true
	}
	c.uncork()
	return c.out.WaitRoom(c.ctx) == nil && c.waitCalls(limit-1)
}

// waitCalls waits until at most limit calls are in flight. False means that the
// connection is dead.
func (c *conn) waitCalls(limit int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting.Store(true)
	defer c.waiting.Store(false)
	for c.inFlight.Load() > limit && !c.dead {
		c.cond.Wait()
	}
	return !c.dead
}

// callDone counts an answered call. The number goes down before waiting is
// read, and waitCalls does it the other way round: one of them sees the other.
func (c *conn) callDone() {
	c.inFlight.Add(-1)
	if c.waiting.Load() {
		c.mu.Lock()
		c.cond.Broadcast()
		c.mu.Unlock()
	}
}

// writeFailed is called when the peer takes no more replies.
func (c *conn) writeFailed(err error) {
	if errors.Is(err, rpcconn.ErrSlow) {
		c.server.tooSlow(c.peer)
	} else {
		c.server.cfg.Log.Debug("write to connection", zap.String("peer", c.peer), zap.Error(err))
	}
	c.kill()
}

// kill closes the connection now. Replies that come later are dropped.
func (c *conn) kill() {
	c.mu.Lock()
	c.dead = true
	c.cond.Broadcast()
	c.mu.Unlock()
	c.out.Abort()
	c.nc.Close()
	c.cancel() // last: what handlers reply to that must not be sent
}
