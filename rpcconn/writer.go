package rpcconn

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"pikv/socket"
)

const (
	// maxRounds is how many chunks a flusher writes before it leaves the
	// rest to Run: it has work of its own to do.
	maxRounds = 4
	// maxWrite is how many bytes one write is given: the kernel copies them, and
	// on loopback to their end, while it keeps the processor. A quarter of it
	// costs values of a megabyte a fifth of their rate.
	maxWrite = 1 << 20
	// maxPieces is how many pieces one write has: a large value, what is around it,
	// and some of the next.
	maxPieces = 8
)

// Cork keeps frames back until Uncork.
func (o *Outbox) Cork() {
	o.mu.Lock()
	o.mu.corked = true
	o.mu.Unlock()
}

// Uncork ends Cork and sends what waits, as Flush does.
func (o *Outbox) Uncork() {
	o.mu.Lock()
	o.mu.corked = false
	o.flushLocked(false)
}

// Flush sends what waits. It does not block: bytes that the socket does not
// take at once are left to Run.
func (o *Outbox) Flush() {
	o.mu.Lock()
	o.flushLocked(false)
}

// Push is Flush in spite of a cork. It reports whether what waits, or will, waits for
// the peer, which has not taken all that it was sent.
func (o *Outbox) Push() (stuck bool) {
	o.mu.Lock()
	o.flushLocked(true)
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.stuck
}

// flushLocked is Flush, or Push; it unlocks.
func (o *Outbox) flushLocked(push bool) {
	if o.mu.writing || o.mu.corked && !push || o.mu.cur == nil {
		o.mu.Unlock()
		return
	}
	if o.try == nil {
		o.mu.Unlock()
		o.signal()
		return
	}
	o.mu.writing = true
	for round := 0; o.mu.cur != nil; round++ {
		if round == maxRounds {
			o.mu.writing = false
			o.mu.Unlock()
			o.signal()
			return
		}
		c := o.takeLocked()
		o.mu.Unlock()
		n, whole, err := o.tryChunk(c)
		if whole {
			c.recycle(o.cfg.Budget)
		}
		o.mu.Lock()
		o.wroteLocked(n)
		if whole {
			continue
		}
		if err == nil && o.mu.err == nil {
			o.mu.rest, o.mu.stuck = c, true // and o.mu.writing stays: the socket is Run's
			o.mu.Unlock()
			o.signal()
			return
		}
		o.failLocked(err)
		c.recycle(o.cfg.Budget)
		return
	}
	o.mu.writing = false
	last := o.mu.finishing || o.mu.err != nil
	o.mu.Unlock()
	if last {
		o.signal()
	}
}

// tryChunk writes of c what the socket takes at once, and returns how many bytes
// that were and whether c is at its end.
func (o *Outbox) tryChunk(c *chunk) (n int, whole bool, err error) {
	for {
		size, pieces := 0, c.pieces(o.next[:0], maxWrite)
		if len(pieces) == 0 {
			return n, true, nil
		}
		if n > 0 {
			runtime.Gosched() // small frames of other connections go first
		}
		for _, piece := range pieces {
			size += len(piece)
		}
		wrote, err := o.try.TryMany(pieces)
		clear(pieces) // what was lent goes back
		n += wrote
		c.off += wrote
		if err != nil || wrote < size {
			return n, false, err
		}
	}
}

// takeLocked takes the frames that wait for writing.
func (o *Outbox) takeLocked() *chunk {
	c := o.mu.cur
	o.mu.cur = nil
	o.mu.taken += int64(c.size())
	return c
}

// wroteLocked counts n bytes that the kernel took. Frames without budget that have
// gathered meanwhile wait for their own turn.
func (o *Outbox) wroteLocked(n int) {
	o.mu.sent += int64(n)
	over := o.mu.cur != nil && o.mu.cur.over
	if !over && o.full.Load() && o.mu.appended-o.mu.sent < o.cfg.Limit {
		o.full.Store(false)
		if o.mu.room != nil {
			close(o.mu.room)
			o.mu.room = nil
		}
	}
}

// failLocked closes the outbox after a write that failed with err, or that
// Abort made pointless, and unlocks. Giving the socket free and closing are one
// step: a frame must not follow half a frame.
func (o *Outbox) failLocked(err error) {
	first := o.mu.err == nil
	o.mu.writing = false
	o.closeLocked()
	if first && err != nil && o.cfg.Failed != nil {
		o.cfg.Failed(err)
	}
}

// Run writes what nobody else could write at once. It returns after Finish,
// when all is written, after Abort, or when a write failed.
func (o *Outbox) Run() {
	for {
		o.mu.Lock()
		var c *chunk
		switch {
		case o.mu.err != nil:
			o.mu.Unlock()
			return
		case o.mu.rest != nil:
			c = o.mu.rest
			o.mu.rest = nil
		case o.mu.writing || o.mu.corked:
		case o.mu.cur != nil:
			o.mu.writing, o.mu.stuck = true, true
			c = o.takeLocked()
		case o.mu.finishing:
			o.closeLocked()
			return
		}
		o.mu.Unlock()
		if c == nil {
			o.takes.Stop()
			<-o.wake
			continue
		}
		err := o.writeAll(c)
		c.recycle(o.cfg.Budget)
		o.mu.Lock()
		if err != nil {
			o.failLocked(err)
			return
		}
		o.mu.writing, o.mu.stuck = false, false
		o.mu.Unlock()
	}
}

// writeAll writes the rest of c, waiting for the socket.
func (o *Outbox) writeAll(c *chunk) error {
	if o.try != nil && c.off == 0 {
		n, whole, err := o.tryChunk(c)
		o.wrote(n)
		if whole {
			o.takes.Stop()
		}
		if err != nil || whole {
			return err
		}
	}
	for {
		pieces := c.pieces(o.next[:0:1], maxWrite)
		if len(pieces) == 0 {
			break
		}
		piece := pieces[0]
		clear(pieces)
		if o.cfg.WriteTimeout > 0 {
			if err := o.conn.SetWriteDeadline(time.Now().Add(o.cfg.WriteTimeout)); err != nil {
				return err
			}
		}
		before := socket.Queued(o.conn)
		if !o.takesEnough(before) {
			return ErrSlow
		}
		n, err := o.conn.Write(piece)
		c.off += n
		o.wrote(n)
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		// The kernel takes more only when a good part of its queue is
		// free, which a slow peer may not manage in time; that the queue
		// shrinks shows that it is alive.
		if n == 0 && socket.Queued(o.conn) >= before {
			return fmt.Errorf("%w: %w", ErrSlow, err)
		}
	}
	if o.cfg.WriteTimeout > 0 {
		return o.conn.SetWriteDeadline(time.Time{})
	}
	return nil
}

// takesEnough reports whether the peer takes what waits as fast as it must. queued is
// what the kernel has still of what it took.
func (o *Outbox) takesEnough(queued int) bool {
	if o.cfg.LeastRate == 0 {
		return true
	}
	o.mu.Lock()
	sent := o.mu.sent
	o.mu.Unlock()
	return o.takes.Enough(time.Now(), sent-int64(max(queued, 0)), o.cfg.LeastRate, o.cfg.WriteTimeout)
}

func (o *Outbox) wrote(n int) {
	o.mu.Lock()
	o.wroteLocked(n)
	o.mu.Unlock()
}
