package eventloop

import (
	"errors"
	"net/netip"
	"sync"
	"time"
)

// Conn is one connection. Its methods are safe for concurrent use, except as
// stated.
type Conn struct {
	id            uint64
	server        *Server
	loop          int
	remote, local netip.AddrPort
	carrier       carrier
	handler       Handler
	in            input // its loop's

	mu struct {
		sync.Mutex
		out     output
		writing bool  // somebody writes out to the socket
		paused  bool  // by Pause
		stalled bool  // the loop does not read: paused or full
		kick    bool  // Data is due, after Resume
		finish  bool  // by Finish: nothing is appended or read any more
		closed  bool  // nothing is sent any more
		room    int   // bytes that Config.Reserve gave for copies
		cause   error // of closed
		// progress is when the socket last took bytes, or had none to take.
		progress time.Time
	}
}

// carrier is what serves a connection. Its methods are called without locks
// and do not block.
type carrier interface {
	// flush sends what waits, if nobody does.
	flush()
	// wake makes the loop look at the connection.
	wake()
}

// ID is a number that no other connection of the server has had.
func (c *Conn) ID() uint64 { return c.id }

// Loop is the number of the connection's loop, less than Config.Loops.
func (c *Conn) Loop() int { return c.loop }

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() netip.AddrPort { return c.remote }

// LocalAddr is the address that the peer connected to.
func (c *Conn) LocalAddr() netip.AddrPort { return c.local }

// Waiting returns how many appended bytes are not sent.
func (c *Conn) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.out.size
}

// Append adds a copy of b to what is to be sent. It returns ErrClosed after Finish
// and on a closed connection, and closes one that is over Config.MaxOutput. Within
// a handler's call the loop sends it; otherwise Flush does.
func (c *Conn) Append(b []byte) error {
	c.mu.Lock()
	err := c.roomLocked()
	if err == nil && len(b) > 0 {
		c.mu.out.append(b)
	}
	c.mu.Unlock()
	return c.appended(err)
}

// AppendReserved is Append of bytes for which Config.Reserve has given room already:
// that is the connection's from now on, whatever AppendReserved returns.
func (c *Conn) AppendReserved(b []byte, room int) error {
	c.mu.Lock()
	err := c.roomLocked()
	if err == nil {
		c.mu.out.append(b)
	}
	c.mu.room += room
	c.trimLocked()
	c.mu.Unlock()
	return c.appended(err)
}

// Lend is Append without a copy: b must not change until done is called, which
// happens once, when b was sent or never will be, whatever Lend returns, on any
// goroutine and without locks of this package. done may be nil.
func (c *Conn) Lend(b []byte, done func()) error {
	c.mu.Lock()
	err := c.roomLocked()
	lent := err == nil && len(b) > 0
	if lent {
		c.mu.out.lend(b, done)
	}
	c.mu.Unlock()
	if !lent && done != nil {
		done()
	}
	return c.appended(err)
}

// settle is Append for Turn.Out, which is sent also after Finish.
func (c *Conn) settle(out []byte) {
	if len(out) == 0 {
		return
	}
	c.mu.Lock()
	err := c.roomLocked()
	if err == nil || c.mu.finish && !c.mu.closed {
		c.mu.out.append(out)
		err = nil
	}
	c.mu.Unlock()
	_ = c.appended(err) // when it is closed nobody reads the answer
}

// roomLocked returns an error when nothing may be appended.
func (c *Conn) roomLocked() error {
	switch {
	case c.mu.closed || c.mu.finish:
		return ErrClosed
	case c.mu.out.size > c.server.cfg.MaxOutput:
		return ErrMaxOutput
	}
	return nil
}

// appended returns the result of an attempt to append, and closes the connection if it
// must be.
func (c *Conn) appended(err error) error {
	if errors.Is(err, ErrMaxOutput) {
		c.abort(err)
	}
	return err
}

// Flush sends what was appended. It does not block: bytes that the socket does not
// take at once are left to the loop.
func (c *Conn) Flush() { c.carrier.flush() }

// Pause keeps Data from being called until Resume. It is for the handler, during its
// calls.
func (c *Conn) Pause() {
	c.mu.Lock()
	c.mu.paused = true
	c.mu.Unlock()
}

// Resume ends Pause: Data is called, even if nothing has arrived, unless Turn.Fill
// has something to fill. On a connection that is not paused it does nothing.
func (c *Conn) Resume() {
	c.mu.Lock()
	was := c.mu.paused
	c.mu.paused = false
	if was {
		c.mu.kick = true
	}
	c.mu.Unlock()
	if was {
		c.carrier.wake()
	}
}

// Finish closes the connection when all that was appended is sent, and Turn.Out of
// a call that has not returned. Nothing more is read or can be appended.
func (c *Conn) Finish() {
	c.mu.Lock()
	was := c.mu.finish
	c.mu.finish = true
	c.mu.Unlock()
	if !was {
		c.carrier.wake()
	}
}

// Close closes the connection as it is.
func (c *Conn) Close() { c.abort(nil) }

// abort makes the loop close the connection because of cause.
func (c *Conn) abort(cause error) {
	c.mu.Lock()
	first := !c.mu.closed
	if first {
		c.mu.closed, c.mu.cause = true, cause
	}
	c.mu.Unlock()
	if first {
		c.carrier.wake()
	}
}
