package eventloop

// roomPart is how much room a connection takes at once: whoever gives it is asked once
// for very many small answers.
const roomPart = 64 << 10

// roomTillFullLocked is how many bytes may be added until so many wait that the
// connection is full, or has to take room.
func (c *Conn) roomTillFullLocked() int {
	return min(c.server.cfg.OutputHigh-c.mu.out.size, c.roomForCopiesLocked())
}

// roomForCopiesLocked is how many bytes of copies may be added to those that wait.
func (c *Conn) roomForCopiesLocked() int {
	return c.server.cfg.CopiesHigh + c.mu.room - c.mu.out.copied()
}

// roomTillFull is roomTillFullLocked.
func (c *Conn) roomTillFull() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roomTillFullLocked()
}

// stallLocked decides whether the loop goes on to read, and reports whether it does.
func (c *Conn) stallLocked() bool {
	c.mu.stalled = c.mu.paused || !c.widenLocked()
	return !c.mu.stalled
}

// widenLocked reports whether anything may be added. It takes room for copies if
// there is none left: only here, where the connection would stop, since most of what is
// answered waits for nobody.
func (c *Conn) widenLocked() bool {
	cfg := &c.server.cfg
	if c.roomTillFullLocked() > 0 {
		return true
	}
	if c.mu.out.size >= cfg.OutputHigh || c.mu.closed || c.mu.finish || cfg.Reserve == nil {
		return false
	}
	n := roundUp(1 - c.roomForCopiesLocked())
	if !cfg.Reserve(n) {
		return false
	}
	c.mu.room += n
	return true
}

// trimLocked gives back the room that the copies do not need any more. What it leaves
// is enough to go on with: see drainedLocked.
func (c *Conn) trimLocked() {
	if c.mu.room == 0 {
		return
	}
	need := 0
	if !c.mu.closed {
		need = roundUp(c.mu.out.copied() - c.server.cfg.CopiesHigh/2)
	}
	if over := c.mu.room - need; over > 0 {
		c.mu.room -= over
		c.server.cfg.Release(over)
	}
}

// roundUp is the least number of whole parts that n bytes take.
func roundUp(n int) int { return max(n+roomPart-1, 0) / roomPart * roomPart }

// drainedLocked reports whether the loop stalled because so much waited, and can go
// on since now little does.
func (c *Conn) drainedLocked() bool {
	cfg := &c.server.cfg
	if !c.mu.stalled || c.mu.paused || c.mu.out.size > cfg.OutputHigh/2 || c.roomForCopiesLocked() < cfg.CopiesHigh/2 {
		return false
	}
	c.mu.kick, c.mu.stalled = true, false
	return true
}
