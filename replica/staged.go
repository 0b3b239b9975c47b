package replica

import (
	"slices"
	"time"

	"pikv/store"
)

// staged is a body that a backup has been sent, in whole or in part, before
// the entry that it belongs to. It counts as memory.
type staged struct {
	body  uint64
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
	i := slices.IndexFunc(c.staged, func(s *staged) bool { return s.body == m.Body })
	if m.Total == 0 { // nothing will come of it
		if i >= 0 {
			c.unstage(i)
		}
		return
	}
	ack := Message{Kind: MsgBodyAck, Partition: c.id, Epoch: c.config.Epoch, Body: m.Body}
	if i < 0 && m.From == 0 {
		if c.memory.Reserve(int64(m.Total)) {
			c.staged = append(c.staged, &staged{body: m.Body, total: int(m.Total)})
			i = len(c.staged) - 1
		} else {
			ack.Full = true
			c.want(int64(m.Total), out)
		}
	}
	if i >= 0 {
		s := c.staged[i]
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

// unstage drops a staged body.
func (c *Core) unstage(i int) {
	c.memory.Release(int64(c.staged[i].total))
	if c.staged = slices.Delete(c.staged, i, i+1); len(c.staged) == 0 {
		c.staged = nil
	}
}

// unstageAll drops all staged bodies: they count for one epoch.
func (c *Core) unstageAll() {
	for len(c.staged) > 0 {
		c.unstage(len(c.staged) - 1)
	}
}

// unstageIdle drops those of which nothing was heard for long.
func (c *Core) unstageIdle(now store.Instant) {
	for i := 0; i < len(c.staged); {
		if now-c.staged[i].used >= store.Instant(stagedIdle) {
			c.unstage(i)
		} else {
			i++
		}
	}
}

// takeBody returns a staged body, which is then the caller's; false when it is
// not here in whole.
func (c *Core) takeBody(body uint64) ([]byte, bool) {
	i := slices.IndexFunc(c.staged, func(s *staged) bool { return s.body == body })
	if i < 0 || len(c.staged[i].value) != c.staged[i].total {
		return nil, false
	}
	value := c.staged[i].value
	c.unstage(i)
	return value, true
}
