package rpcclient

import (
	"errors"
	"fmt"
	"time"

	"pikv/wire"
)

// errLate ends a begun call that had no reply in time.
var errLate = errors.New("no reply in time")

// Receiver gets the outcome of a call that Begin began, exactly once.
type Receiver interface {
	// Receive gets the raw result, which is valid until it returns, or an error:
	// the *wire.Error that the other side sent, or one that wraps ErrBroken. It
	// runs where others wait for it, most often on the connection's reader: it
	// must not block.
	Receive(result []byte, err error)
}

// Begin is Call for callers that have many calls to make and no goroutine for
// each: it sends a request with the given parameters, a whole msgpack array, and
// returns. With an error nothing was sent, and to hears of nothing: where Call
// would wait for room it fails.
//
// A call that has no reply after Config.Patience, twice that at most, ends with
// errLate, whatever comes of it: it must be one that may be repeated.
func (c *Conn) Begin(method string, params []byte, to Receiver) error {
	w := waiters.Get().(*waiter)
	w.to = to
	id, _, _, err := c.expect(w)
	if err != nil {
		w.release()
		return c.unsent(method, err)
	}
	_, err = c.out.Try(func(buf []byte) []byte { return append(wire.AppendRequest(buf, id, method), params...) })
	if err == nil {
		return nil
	}
	if c.withdraw(id) {
		w.release()
		c.settle()
		return c.unsent(method, err)
	}
	return nil // the end of the connection has told to
}

// withdraw takes a begun call back, unless its outcome is on its way.
func (c *Conn) withdraw(id uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, waits := c.mu.waiters[id]
	if waits {
		delete(c.mu.waiters, id)
		c.mu.open--
	}
	return waits
}

// receive gives the reply to a begun call to its receiver.
func (c *Conn) receive(w *waiter, m wire.Message) {
	to := w.to
	if m.Err == nil {
		w.release()
		to.Receive(m.Result, nil)
		c.settle()
		return
	}
	w.reply, w.failed = m.Err, true
	err := c.read("", w, nil)
	w.release()
	to.Receive(nil, err)
	c.settle()
}

// watchLocked sees to it that begun calls end in time; first is the oldest.
func (c *Conn) watchLocked(first uint32) {
	if c.mu.watched {
		return
	}
	c.mu.watched, c.mu.seen = true, first
	if c.mu.timer == nil {
		c.mu.timer = time.AfterFunc(c.cfg.Patience, c.look)
	} else {
		c.mu.timer.Reset(c.cfg.Patience)
	}
}

// look ends the begun calls that were there at the last look already. One timer
// serves all of a connection, and none runs while nobody waits.
func (c *Conn) look() {
	c.mu.Lock()
	if c.mu.err != nil {
		c.mu.Unlock()
		return
	}
	c.wg.Add(1) // before Close waits: the connection lives
	defer c.wg.Done()
	var late []*waiter
	c.mu.watched = false
	for id, w := range c.mu.waiters {
		switch {
		case w.to == nil:
		case id < c.mu.seen:
			late = append(late, w)
			delete(c.mu.waiters, id)
		default:
			c.mu.watched = true
		}
	}
	c.mu.seen = c.mu.next
	if c.mu.watched {
		c.mu.timer.Reset(c.cfg.Patience)
	}
	c.mu.Unlock()
	for _, w := range late {
		w.lose(c, errLate)
	}
	c.settle()
}

// lose tells the receiver of a begun call that no reply will come.
func (w *waiter) lose(c *Conn, cause error) {
	to := w.to
	w.release()
	to.Receive(nil, fmt.Errorf("call at %s: %w: %w", c.addr, ErrBroken, cause))
}
