package rpcclient

import (
	"errors"
	"io"
	"os"
	"time"

	"pikv/wire"
)

const (
	// watch is how often the watchman looks after callers that read for themselves.
	watch = 10 * time.Millisecond
	// quick is how soon after a call the next one ends where a caller makes one
	// after the other.
	quick = time.Millisecond
	// quickCalls is after how many such calls in a row a caller reads for itself,
	// and dropIn how many more it takes after another caller has dropped in.
	quickCalls, dropIn = 8, 64
)

// turn says whose turn it is to read the connection.
type turn uint8

const (
	// watchmans: the reader goroutine's. Callers wait for it to hand them their replies.
	watchmans turn = iota
	// callers: of the one caller there is, which reads its reply itself. To have
	// another goroutine do it, and be woken, is the greater part of a quick call.
	callers
	// nobodys: no call is under way, and another one is expected at once.
	nobodys
)

// reading is what whose turn it is has to itself.
type reading struct {
	frames   *wire.FrameReader
	buf      []byte // for the next frame
	burst    bool   // begun in Config.Bursts
	answered bool   // the last frame was the reply that a caller waits for
	calm     int    // quick calls in a row, see quickCalls
}

// turns is under the connection's lock.
type turns struct {
	turn     turn
	led      uint64 // how many callers have had the turn
	sentAway bool   // the caller that has it must give it up
}

// watchman reads the connection whenever no caller does, until it ends.
//
// A caller whose reply is slow, or who may be called off, cannot wait for it by
// reading: after one to two of the watchman's rounds it is sent to wait as the
// others do. So is the connection watched again when no more calls come, to notice
// that it ends.
func (c *Conn) watchman() {
	defer c.endBurst()
	round := time.NewTimer(watch)
	defer round.Stop()
	var led uint64 // at the last round
	for {
		if err := c.readOn(); err != nil {
			c.fail(err)
			return
		}
		for mine := false; !mine; {
			round.Reset(watch)
			select {
			case <-c.wake:
				mine = true
			case <-round.C:
				mine, led = c.inspect(led)
			case <-c.done:
				return
			}
		}
	}
}

// readOn hands out replies for as long as it is the watchman's turn.
func (c *Conn) readOn() error {
	for {
		before := c.heard.Load()
		c.answered = false
		err := c.readFrame()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := c.nc.SetReadDeadline(time.Time{}); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if now := c.heard.Load(); now != before && now-before > int64(quick) {
			c.calm = min(c.calm, 0)
		}
		if c.answered && c.frames.Buffered() == 0 && c.retreat() {
			return nil
		}
	}
}

// retreat ends the watchman's turn when one caller makes quick calls.
func (c *Conn) retreat() bool {
	// What it flushes may fail, and so call receivers, which may need the lock.
	c.endBurst()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.mu.waiters) > 0 || c.mu.err != nil {
		return false
	}
	if c.calm++; c.calm < quickCalls {
		return false
	}
	c.calm = 0
	c.mu.turn = nobodys
	return true
}

// inspect is a round of the watchman's: it takes the turn when nobody has used it
// since the last round, and sends a caller away that had it then. led is how many
// callers had had it.
func (c *Conn) inspect(before uint64) (mine bool, led uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	led = c.mu.led
	switch {
	case led != before:
	case c.mu.turn == nobodys:
		c.mu.turn = watchmans
		return true, led
	case c.mu.turn == callers:
		c.mu.sentAway = true
		// A connection that fails here is dead, and the caller hears it from there.
		_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	}
	return false, led
}

// takeTurnLocked is called when a call begins; true: it must lead.
func (c *Conn) takeTurnLocked(w *waiter) (lead bool) {
	switch {
	case c.mu.turn != nobodys:
	case w.to != nil:
		c.mu.turn = watchmans
		c.wake <- struct{}{}
	default:
		c.mu.turn = callers
		c.mu.led++
		return true
	}
	return false
}

// lead reads replies until w has its own, or is sent away.
func (c *Conn) lead(w *waiter) {
	for len(w.ready) == 0 {
		if err := c.readFrame(); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				c.fail(err)
			}
			break
		}
	}
	c.passTurn()
}

// passTurn ends a caller's turn.
func (c *Conn) passTurn() {
	c.endBurst()
	c.mu.Lock()
	defer c.mu.Unlock()
	alone := len(c.mu.waiters) == 0
	if alone && !c.mu.sentAway && c.mu.err == nil {
		c.mu.turn = nobodys
		return
	}
	if !alone && !c.mu.sentAway {
		c.calm = -dropIn
	}
	c.mu.turn, c.mu.sentAway = watchmans, false
	c.wake <- struct{}{}
}

// readFrame reads one message and hands it out. Whose turn it is calls it.
func (c *Conn) readFrame() error {
	frame, _, err := c.frames.ReadFrame(c.buf)
	switch {
	case err == nil:
		reuse, err := c.deliver(frame)
		if !c.frames.Lent() {
			c.buf = reuse
		}
		return err
	case errors.Is(err, io.EOF):
		return errHungUp
	default:
		return err
	}
}
