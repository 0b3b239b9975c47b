package eventloop

import (
	"runtime/debug"

	"go.uber.org/zap"
)

// input is what has arrived on a connection. It belongs to the loop.
type input struct {
	left *buffer // what the handler left in Turn.In; nil when that is nothing
	fill []byte  // what Turn.Fill still wants
	need int     // Turn.Need
	part uint64  // Turn.Part
	eof  bool    // EOF was called
}

// take moves the bytes that are left to the front of shared, and returns them there.
func (in *input) take(shared []byte) []byte {
	if in.left == nil {
		return nil
	}
	n := copy(shared, in.left.b)
	in.left.free()
	in.left = nil
	return shared[:n]
}

// space is where to read at most readSize bytes to, or most if they go straight into
// what is to be filled. Otherwise they go behind those that are left; start is
// how many these are.
func (in *input) space(shared []byte, readSize, most int) (room []byte, start int, direct bool) {
	if len(in.fill) >= readSize {
		return in.fill[:min(len(in.fill), most)], 0, true
	}
	start = len(in.take(shared))
	return shared[:start+readSize], start, false
}

// filled notes that n bytes were read straight into what is to be filled.
func (c *Conn) filled(t *Turn, n int) {
	c.in.fill = c.in.fill[n:]
	if len(c.in.fill) == 0 {
		c.deliver(t, nil, true)
	}
}

// revisit calls Data with what is left, if the handler is to look at it again.
func (c *Conn) revisit(t *Turn, shared []byte) {
	c.mu.Lock()
	kick := c.mu.kick
	c.mu.kick = false
	c.mu.Unlock()
	if kick && len(c.in.fill) == 0 {
		c.deliver(t, c.in.take(shared), true)
	}
}

// deliver passes on in: to what is to be filled, and what is behind that to Data. What
// that leaves is kept. With due Data is called even if it needs more.
func (c *Conn) deliver(t *Turn, in []byte, due bool) {
	t.begin(c, in)
	for {
		if len(c.in.fill) > 0 {
			n := copy(c.in.fill, in)
			c.in.fill, in = c.in.fill[n:], in[n:]
			if len(c.in.fill) > 0 {
				return
			}
			due = true
			if !c.eager(t) {
				break
			}
		}
		if !due && len(in) < c.in.need {
			break
		}
		t.In = in
		t.fresh()
		c.guard(t, Handler.Data)
		in, c.in.need, c.in.part, due = t.In, t.Need, t.Part, false
		if len(c.in.fill) == 0 {
			break
		}
	}
	if due || t.again || t.Full() {
		c.mu.Lock()
		c.mu.kick = true // again, when it can go on
		c.mu.Unlock()
	}
	most := c.server.cfg.MaxPending
	if c.in.need > most || len(in) > most && !t.again && c.eager(t) {
		c.abort(ErrMaxPending)
		return
	}
	c.in.hold(in)
}

// eager reports whether Data may be called right now.
func (c *Conn) eager(t *Turn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.mu.paused && !c.mu.finish && !c.mu.closed && !t.Full()
}

// hold keeps in for the next call.
func (in *input) hold(left []byte) {
	if len(left) > 0 {
		in.left = newBuffer(len(left))
		in.left.b = append(in.left.b, left...)
	}
}

// end calls EOF.
func (c *Conn) end(t *Turn, shared []byte) {
	c.in.eof, c.in.fill, c.in.part = true, nil, 0
	t.begin(c, c.in.take(shared))
	c.guard(t, Handler.EOF)
	c.in.fill = nil
}

// drop gives back what is held for the handler.
func (in *input) drop() {
	in.left.free()
	in.left, in.fill = nil, nil
}

// guard calls a method of the handler; a panic closes the connection.
func (c *Conn) guard(t *Turn, method func(Handler, *Turn)) {
	defer c.recovered()
	method(c.handler, t)
}

// recovered is deferred around what the server's owner wrote.
func (c *Conn) recovered() {
	p := recover()
	if p == nil {
		return
	}
	c.server.count.panics.Add(1)
	c.server.cfg.Log.Error("handler of a connection panicked; the connection is closed",
		zap.Stringer("remote", c.remote), zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
	c.in.fill, c.in.need, c.in.part = nil, 0, 0
	c.abort(ErrPanic)
}
