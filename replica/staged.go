package replica

import (
	"time"

	"pikv/store"
)

// staged is a body that a backup has been sent, in whole or in part, before
// the entry that it belongs to. It counts as memory.
type staged struct {
	total int
	value []byte
	used  store.Instant
}

// stagedIdle is for how long a body is kept of which nothing more is heard:
// longer than any operation waits.
const stagedIdle = time.Minute

// onBody takes a chunk of a body. Chunks come in order; what came twice or
// after a gap is passed over, and the acknowledgement tells how much is here.
func (c *Core) onBody(now store.Instant, m *Message, out *Effects) {
	if m.Total == 0 { // nothing will come of it
		c.unstage(m.Body)
		return
	}
	ack := Message{Kind: MsgBodyAck, Partition: c.id, Epoch: c.config.Epoch, Body: m.Body}
	s := c.staged[m.Body]
	if s == nil && m.From == 0 {
		if c.node.memory.Reserve(int64(m.Total)) {
			s = c.stage(m.Body, int(m.Total))
		} else {
			ack.Full = true
			c.want(int64(m.Total), out)
		}
	}
	if s != nil {
		s.used = now
		if m.From == uint64(len(s.value)) && len(m.Data) <= s.total-len(s.value) {
			if s.value == nil {
				s.value = make([]byte, 0, s.total)
			}
			s.value = append(s.value, m.Data...)
		}
		ack.From = uint64(len(s.value))
	}
	out.send(c.config.Primary, ack)
}

// stage makes room for a body of total bytes, which are reserved.
func (c *Core) stage(body uint64, total int) *staged {
	if c.staged == nil {
		c.staged = make(map[uint64]*staged)
	}
	s := &staged{total: total}
	c.staged[body] = s
	return s
}

// unstage drops a staged body, if it is here.
func (c *Core) unstage(body uint64) {
	s := c.staged[body]
	if s == nil {
		return
	}
	c.node.memory.Release(int64(s.total))
	if delete(c.staged, body); len(c.staged) == 0 {
		c.staged = nil
	}
}

// unstageAll drops all staged bodies: they count for one epoch.
func (c *Core) unstageAll() {
	for body := range c.staged {
		c.unstage(body)
	}
}

// unstageIdle drops those of which nothing was heard for long.
func (c *Core) unstageIdle(now store.Instant) {
	for body, s := range c.staged {
		if now-s.used >= store.Instant(stagedIdle) {
			c.unstage(body)
		}
	}
}

// takeBody returns a staged body, which is then the caller's; false when it is
// not here in whole.
func (c *Core) takeBody(body uint64) ([]byte, bool) {
	s := c.staged[body]
	if s == nil || len(s.value) != s.total {
		return nil, false
	}
	c.unstage(body)
	return s.value, true
}
