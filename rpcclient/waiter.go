package rpcclient

import (
	"sync"

	"pikv/wire"
)

// waiter is a call that waits for its reply.
type waiter struct {
	ready  chan struct{} // one token: the fields below are set
	to     Receiver      // of a begun call, which has no token; nil: somebody waits for ready
	reply  []byte        // the raw result, or the raw error if failed; nil when the connection died
	failed bool
	room   *Room        // for a large reply; nil: new memory. Under the connection's lock while w waits
	dec    wire.Decoder // lies here because a decoder on the stack would escape

	// The request of a call that Call made, and what appends it.
	id     uint32
	method string
	params func(buf []byte) []byte
	frame  func(buf []byte) []byte // appendRequest: made once, since a closure for each call would be garbage
}

var waiters = sync.Pool{New: func() any {
	w := &waiter{ready: make(chan struct{}, 1)}
	w.frame = w.appendRequest
	return w
}}

func (w *waiter) appendRequest(buf []byte) []byte {
	buf = wire.AppendRequest(buf, w.id, w.method)
	if w.params == nil {
		return wire.AppendArrayHeader(buf, 0)
	}
	return w.params(buf)
}

// release gives w back; its token has been taken, or it never gets one.
func (w *waiter) release() {
	w.to, w.reply, w.failed, w.room, w.params = nil, nil, false, nil, nil
	w.dec.Reset(nil)
	waiters.Put(w)
}

// expect registers w for a new message id; others is how many more calls wait, and
// lead whether w's must read its reply itself.
func (c *Conn) expect(w *waiter) (id uint32, others int, lead bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.mu.err != nil:
		return 0, 0, false, c.mu.err
	case c.mu.retired:
		return 0, 0, false, errRetired
	}
	id = c.mu.next
	c.mu.next++
	c.mu.waiters[id] = w
	c.countLocked(1)
	if w.to != nil {
		c.watchLocked(id)
	}
	if c.mu.next >= c.mu.lastID {
		c.mu.retired = true
		c.over.Store(true)
	}
	return id, len(c.mu.waiters) - 1, c.takeTurnLocked(w), nil
}

// forget gives up waiting for the reply to id, which comes nevertheless if the request
// was sent. When the reply, or the end of the connection, is on its way already, it waits
// for the token and returns false.
func (c *Conn) forget(id uint32, w *waiter, sent bool) bool {
	c.mu.Lock()
	_, waits := c.mu.waiters[id]
	delete(c.mu.waiters, id)
	if waits && !sent {
		c.countLocked(-1)
	}
	c.mu.Unlock()
	if !waits {
		<-w.ready
	}
	return waits
}

// take removes whoever waits for the reply to id and returns it, nil when
// nobody does any more. asked is false for an id that was never given out.
func (c *Conn) take(id uint32) (w *waiter, asked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w = c.mu.waiters[id]
	delete(c.mu.waiters, id)
	if c.mu.open > 0 { // as far as the other side answers nothing twice
		c.countLocked(-1)
	}
	return w, id < c.mu.next
}

// settle ends a retired connection when its last call has.
func (c *Conn) settle() {
	if !c.over.Load() {
		return
	}
	c.mu.Lock()
	last := c.mu.retired && len(c.mu.waiters) == 0
	c.mu.Unlock()
	if last {
		c.fail(errRetired)
	}
}
