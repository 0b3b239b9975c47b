package eventloop

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// routineConn is a connection that two goroutines serve.
type routineConn struct {
	Conn
	engine  *routines
	nc      net.Conn
	changed sync.Cond     // on mu
	shut    bool          // under mu: all is sent, and the peer knows that no more follows
	stop    bool          // under mu: Server.Close wants it to end
	busy    bool          // under mu: a call of the handler has not sent its answers
	part    uint64        // the Turn.Part that was noticed last
	until   time.Time     // when it must be whole
	limited time.Time     // until when reads wait, as far as that was set
	heard   atomic.Int64  // bytes that were read
	wrote   chan struct{} // closed when the writing goroutine has ended
}

const (
	// readPart bounds the buffer of a connection, which it has also when it idles.
	readPart = 4 << 10
	// fillPart bounds a read into memory that Turn.Fill was given.
	fillPart = 1 << 20
)

// longAgo is a deadline that makes a pending read return.
var longAgo = time.Unix(1, 0)

// interrupt makes the handler learn that the server is being closed.
func (c *routineConn) interrupt() {
	c.mu.Lock()
	c.stop = true
	c.nc.SetReadDeadline(longAgo)
	c.mu.Unlock()
	c.changed.Broadcast()
}

func (c *routineConn) flush() { c.changed.Broadcast() }

func (c *routineConn) wake() {
	c.mu.Lock()
	closed := c.mu.closed
	c.mu.Unlock()
	if closed {
		c.nc.Close() // what blocks returns
	}
	c.changed.Broadcast()
}

// read is the goroutine that calls the handler.
func (c *routineConn) read(a admission) {
	c.onLoop(func(*Turn, []byte) { c.open(a) })
	buf := make([]byte, min(c.server.cfg.ReadSize, readPart))
	for c.await() {
		c.once(buf)
	}
	c.nc.Close()
	<-c.wrote
	c.onLoop(func(*Turn, []byte) { c.close(a) })
	c.engine.forget(c)
}

// onLoop runs f as the loop, and sends what it answers.
func (c *routineConn) onLoop(f func(t *Turn, shared []byte)) {
	l := &c.engine.loops[c.loop]
	cfg := &c.server.cfg
	l.mu.Lock()
	defer l.mu.Unlock()
	if cfg.Begin != nil {
		cfg.Begin(c.loop)
	}
	c.setBusy(true)
	f(&l.turn, l.shared)
	c.settle(l.turn.Out)
	l.turn.reset()
	c.setBusy(false)
	c.flush()
	if cfg.End != nil {
		cfg.End(c.loop)
	}
}

func (c *routineConn) setBusy(busy bool) {
	c.mu.Lock()
	c.busy = busy
	c.mu.Unlock()
}

// await waits until there is something to do. It returns false when the connection
// is to be closed.
func (c *routineConn) await() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var began time.Time
	defer func() {
		if !began.IsZero() { // it was not read, so the rest may be there
			c.until = c.until.Add(time.Since(began))
		}
	}()
	for {
		switch {
		case c.mu.closed:
			return false
		case c.shut:
			return true
		case c.in.eof || c.mu.finish: // the writing goroutine or the handler goes on
		case c.stop || c.stallLocked():
			return true
		}
		if began.IsZero() {
			began = time.Now()
		}
		c.changed.Wait()
	}
}

// once does what is to be done next.
func (c *routineConn) once(buf []byte) {
	c.mu.Lock()
	shut, stop, kick := c.shut, c.stop, c.mu.kick
	c.mu.Unlock()
	switch {
	case shut:
		c.linger(buf)
	case stop && !c.in.eof:
		c.onLoop(c.end)
	case kick:
		c.onLoop(c.revisit)
	default:
		c.receive(buf)
	}
}

// receive reads once, to buf or straight into what is to be filled.
func (c *routineConn) receive(buf []byte) {
	room := buf
	direct := len(c.in.fill) >= len(buf)
	if direct {
		room = c.in.fill[:min(len(c.in.fill), fillPart)]
	}
	c.limit()
	n, err := c.nc.Read(room)
	if n > 0 {
		c.heard.Add(int64(n))
		c.onLoop(func(t *Turn, shared []byte) {
			if direct {
				c.filled(t, n)
				return
			}
			start := len(c.in.take(shared))
			c.deliver(t, shared[:start+copy(shared[start:], buf[:n])], false)
		})
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && c.in.part != 0 && c.in.part == c.part && time.Now().After(c.until):
		c.server.count.slow.Add(1)
		c.abort(ErrSlowSender)
	case err == nil || errors.Is(err, os.ErrDeadlineExceeded):
	case errors.Is(err, io.EOF):
		c.onLoop(c.end)
	default:
		c.abort(err)
	}
}

// limit bounds how long the next read waits.
func (c *routineConn) limit() {
	var until time.Time
	if c.in.part == 0 {
		c.part = 0
	} else {
		if c.in.part != c.part {
			c.part, c.until = c.in.part, time.Now().Add(c.server.cfg.InputTimeout)
		}
		until = c.until
	}
	if until.Equal(c.limited) {
		return
	}
	c.limited = until
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stop && !c.shut { // they have set another
		c.nc.SetReadDeadline(until)
	}
}

// linger waits for the peer to close its side, too.
func (c *routineConn) linger(buf []byte) {
	c.nc.SetReadDeadline(time.Now().Add(c.server.cfg.Linger))
	for {
		if _, err := c.nc.Read(buf); err != nil {
			c.abort(nil)
			return
		}
	}
}
