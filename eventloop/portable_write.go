package eventloop

import (
	"errors"
	"os"
	"time"

	"pikv/socket"
)

// writePart bounds the bytes of one write.
const writePart = 64 << 10

// write is the goroutine that sends what waits. With each tick that it waits for its peer
// the reading one looks again whether there is room to go on.
func (c *routineConn) write() {
	defer close(c.wrote)
	var takes socket.Takes
	var kernel, peer int64 // bytes that they have taken, as far as is known of the peer
	var progress time.Time // when the peer last took some; zero: nothing waited
	var noticed int64      // bytes that it sent, those that count as taken
	var sentAt time.Time   // when these were noticed last
	cfg := &c.server.cfg
	for {
		piece, last := c.nextPiece()
		if last {
			return
		}
		now := time.Now()
		if took := kernel - int64(max(socket.Queued(c.nc), 0)); took != peer || progress.IsZero() {
			peer, progress = took, now
		}
		if heard := c.heard.Load(); heard != noticed && now.Sub(progress) <= cfg.mostBefore() {
			noticed, sentAt = heard, now
		}
		enough := takes.Enough(now, peer+noticed, cfg.LeastRate, cfg.WriteTimeout)
		c.nc.SetWriteDeadline(now.Add(cfg.tick()))
		n, err := c.nc.Write(piece)
		kernel += int64(n)
		c.mu.Lock()
		dones := c.mu.out.sent(n, nil)
		if c.mu.out.size == 0 {
			takes.Stop()
			progress = time.Time{}
		}
		c.mu.writing = false
		c.trimLocked()
		c.drainedLocked()
		c.mu.Unlock()
		c.changed.Broadcast()
		for _, done := range dones {
			done()
		}
		late := errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case err != nil && !late:
			c.abort(err)
		case !enough || late && n == 0 && min(now.Sub(progress), now.Sub(sentAt)) >= cfg.WriteTimeout:
			c.server.tooSlow(c.remote)
			c.abort(ErrSlowReader)
		}
	}
}

// nextPiece waits for bytes to write. last is true when there will be none; then the
// peer was told so, unless the connection is closed.
func (c *routineConn) nextPiece() (piece []byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.mu.closed:
			return nil, true
		case c.mu.out.size > 0:
			c.mu.writing = true
			return c.mu.out.next(make([][]byte, 0, 1), writePart)[0], false
		case c.mu.finish && !c.busy:
			c.shut = true
			if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite() // fails on a broken connection, which the reader sees
			}
			c.nc.SetReadDeadline(longAgo) // a pending read returns
			c.changed.Broadcast()
			return nil, true
		}
		c.changed.Wait()
	}
}
