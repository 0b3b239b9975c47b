package rpcclient

import (
	"errors"
	"fmt"
	"time"

	"pikv/wire"
)

// errLate ends a begun call that had no reply in time.
var errLate = errors.New("no reply in time")

const (
	// mostSpared is how many times as long a begun call waits where replies arrive.
	mostSpared = 10
	// crowd is how many requests without a reply are enough to keep the other side
	// busy: more only wait, and make others wait.
	crowd = 2048
)

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
// errLate, whatever comes of it: it must be one that may be repeated. Where other
// replies arrive its own is most likely behind them, and to repeat it would make the
// queue longer: then it has mostSpared times as long.
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

// Crowded reports whether so many requests have no reply that the next one had better be
// made later. Those are counted that nobody waits for any more: they are ahead of it.
// Where no reply comes the other side is not busy but away, and nobody is to wait for it.
func (c *Conn) Crowded() bool { return c.crowded.Load() && !c.silent() }

// Busy is Crowded after a request found no room.
func (c *Conn) Busy() bool { return c.out.Full() && !c.silent() }

func (c *Conn) silent() bool { return c.Silence() >= c.cfg.Patience }

// countLocked counts n more requests without a reply.
func (c *Conn) countLocked(n int) {
	c.mu.open += n
	if crowded := c.mu.open > crowd; crowded != c.crowded.Load() {
		c.crowded.Store(crowded)
	}
}

// withdraw takes a begun call back, unless its outcome is on its way.
func (c *Conn) withdraw(id uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, waits := c.mu.waiters[id]
	if waits {
		delete(c.mu.waiters, id)
		c.countLocked(-1)
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

// look ends the begun calls that were there at the last look already, or many looks ago. One timer
// serves all of a connection, and none runs while nobody waits.
func (c *Conn) look() {
	c.mu.Lock()
	if c.mu.err != nil {
		c.mu.Unlock()
		return
	}
	c.wg.Add(1) // before Close waits: the connection lives
	defer c.wg.Done()
	before := c.mu.seen
	if !c.silent() {
		before = c.spareLocked()
	}
	var late []*waiter
	c.mu.watched = false
	for id, w := range c.mu.waiters {
		switch {
		case w.to == nil:
		case id < before:
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

// spareLocked is called at a look while replies arrive, and returns which calls have
// waited too long nevertheless: at one look of mostSpared, those from before the last
// such look.
func (c *Conn) spareLocked() (before uint32) {
	if c.mu.looks++; c.mu.looks < mostSpared {
		return 0
	}
	before = c.mu.spared
	c.mu.looks, c.mu.spared = 0, c.mu.next
	return before
}

// lose tells the receiver of a begun call that no reply will come.
func (w *waiter) lose(c *Conn, cause error) {
	to := w.to
	w.release()
	to.Receive(nil, fmt.Errorf("call at %s: %w: %w", c.addr, ErrBroken, cause))
}
