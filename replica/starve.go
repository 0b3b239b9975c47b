package replica

import (
	"bytes"

	"pikv/store"
)

// starve keeps a write for which there is no room, here or at a replica, until
// others are evicted; false when it is to be refused: nothing is evicted here, it
// would never fit, or it has waited for long enough.
func (c *Core) starve(now store.Instant, op *Op, need int64, out *Effects) bool {
	if c.node.timing.Evict == 0 || need > c.node.memory.Limit()-spare(c.node.memory) {
		return false
	}
	waits := *op
	if !waits.starved {
		waits.starved = true
		if patience := now + store.Instant(c.node.timing.Evict); waits.Deadline == 0 || patience < waits.Deadline {
			waits.Deadline = patience
		}
	}
	if now >= waits.Deadline {
		return false
	}
	if !c.roomFor(need) {
		out.Short = max(out.Short, need)
	}
	for _, r := range c.replicas {
		if r.needed() && need > r.pair.room.Load() {
			r.pair.short.Want(need)
		}
	}
	out.Starved = true
	waits = c.clients.keep(now, &waits)
	c.clients.lines.lead(&waits)
	c.clients.starved = append(c.clients.starved, waits)
	return true
}

// roomFor reports whether a node that evicts has room for n bytes.
func (c *Core) roomFor(n int64) bool {
	return n <= c.node.memory.Limit()-spare(c.node.memory)-c.node.memory.Used()
}

// feed runs the writes that wait for room, until one finds none again: those
// behind it wait on.
func (c *Core) feed(now store.Instant, out *Effects) {
	hungry := c.clients.starved
	c.clients.starved = nil
	for i := range hungry {
		if len(c.clients.starved) > 0 || c.crowded() {
			c.clients.starved = append(c.clients.starved, hungry[i:]...)
			return
		}
		first := len(out.Done)
		c.clients.lines.leave(&hungry[i])
		hungry[i].first = true
		c.Do(now, &hungry[i], out)
		for j := range out.Done[first:] {
			d := &out.Done[first+j]
			d.Value = bytes.Clone(d.Value) // as release does
		}
	}
}

// refuseStarved ends those whose time is over.
func (c *Core) refuseStarved(now store.Instant, out *Effects) {
	kept := c.clients.starved[:0]
	for i := range c.clients.starved {
		op := &c.clients.starved[i]
		if now < op.Deadline {
			kept = append(kept, *op)
			continue
		}
		c.discard(op, out)
		c.clients.lines.leave(op)
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: OutOfMemory})
	}
	clear(c.clients.starved[len(kept):])
	if c.clients.starved = kept; len(kept) == 0 {
		c.clients.starved = nil
	}
}

// unstarve makes held operations of them: somebody else may be the primary now.
func (c *clients) unstarve() {
	c.holdFirst(c.starved)
	c.starved = nil
}

// relent reports whether something that a replica has no memory for is to be
// sent again a little later, since it evicts, and notes since when that is so.
func (c *Core) relent(now store.Instant, since *store.Instant) bool {
	if *since == 0 {
		*since = now
	}
	return now-*since < store.Instant(c.node.timing.Evict)
}

// fullPause is how long a replica is left alone that has no memory, in
// nanoseconds: about a beat, in which the primaries of what lies there hear of
// it.
const fullPause store.Instant = 100e6

// want tells this node that memory is missing for what its primary sends.
func (c *Core) want(need int64, out *Effects) {
	if c.node.timing.Evict > 0 {
		out.Short = max(out.Short, need)
	}
}

// press asks for evictions when a replica has less room than it wants to have.
func (c *Core) press(out *Effects) {
	if c.node.timing.Evict == 0 {
		return
	}
	for _, r := range c.replicas {
		if r.needed() && r.pair.Lacks() > 0 {
			out.Evict = true
		}
	}
}
