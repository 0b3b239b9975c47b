package eventloop

import (
	"errors"
	"os"
	"time"

	"pikv/socket"
)

// writePart is how many bytes must leave within Config.WriteTimeout.
const writePart = 64 << 10

// write is the goroutine that sends what waits.
func (c *routineConn) write() {
	defer close(c.wrote)
	var takes socket.Takes
	taken := int64(0) // by the kernel
	for {
		piece, last := c.nextPiece()
		if last {
			return
		}
		cfg := &c.server.cfg
		now := time.Now()
		enough := takes.Enough(now, taken-int64(max(socket.Queued(c.nc), 0)), cfg.LeastRate, cfg.WriteTimeout)
		c.nc.SetWriteDeadline(now.Add(cfg.WriteTimeout))
		n, err := c.nc.Write(piece)
		taken += int64(n)
		c.mu.Lock()
		dones := c.mu.out.sent(n, nil)
		if c.mu.out.size == 0 {
			takes.Stop()
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
		case !enough || late && n == 0:
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
