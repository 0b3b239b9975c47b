package replica

import (
	"bytes"

	"pikv/store"
)

// execute runs an operation at a serving primary.
func (c *Core) execute(now store.Instant, op *Op, out *Effects) {
	if op.Kind == OpGet {
		c.get(now, op, out)
		return
	}
	if c.repeated(op, out) {
		c.discard(op, out)
		return
	}
	if c.crowded() {
		c.clients.hold(now, op)
		return
	}
	if c.clients.lines.behind(op) {
		c.clients.park(now, op)
		return
	}
	switch op.Kind {
	case OpUpdate:
		c.update(now, op, out)
		return
	case OpGroup:
		c.group(now, op, out)
		return
	}
	if op.Kind == OpPut && op.body == 0 && c.sendsAhead(len(op.Value)) {
		c.uploadPut(now, op, out)
		return
	}
	was := c.latest(now, op.Key)
	switch op.Kind {
	case OpPut:
		c.put(now, op, was, out)
	case OpDelete:
		c.delete(now, op, was, out)
	case OpIncr:
		c.incr(now, op, was, out)
	}
}

// get answers from committed state.
func (c *Core) get(now store.Instant, op *Op, out *Effects) {
	switch item, found, ok := c.Get(now, op.Key, op.Epoch); {
	case ok:
		out.Done = append(out.Done, Done{Tag: op.Tag, Found: found, Value: item.Value, Version: Number(item.Version), Expires: item.Deadline})
	case c.crowded():
		c.clients.hold(now, op)
	default:
		c.getExpired(now, op, out)
	}
}

// getExpired answers a read that finds the committed value's time over. Once a
// reader has seen a key expired it must stay gone, also on a backup whose clock
// is behind: the answer waits for the numbered removal. And an entry that is
// not committed yet may have found the value alive, so that the answer must not
// come before that entry: it is what the last one on the key leaves behind.
func (c *Core) getExpired(now store.Instant, op *Op, out *Effects) {
	switch was := c.latest(now, op.Key); {
	case was.expired != 0:
		out.Expired++
		c.number(now, Entry{Kind: EntryExpire, Key: op.Key, Version: was.expired}, op, Done{Tag: op.Tag}, 0, out)
	case was.exists:
		done := Done{Tag: op.Tag, Found: true, Value: bytes.Clone(was.value), Version: was.version, Expires: was.deadline}
		c.clients.join(was.pending, waiter{done: done, deadline: op.Deadline, noEffect: true})
	default:
		c.clients.join(was.pending, waiter{done: Done{Tag: op.Tag}, deadline: op.Deadline, noEffect: true})
	}
}

func (c *Core) put(now store.Instant, op *Op, was latest, out *Effects) {
	done := Done{Tag: op.Tag, Found: true, Version: c.log.last + 1}
	if op.Old {
		done.Found, done.Value = was.exists, bytes.Clone(was.value)
	}
	if !was.meets(op) {
		c.discard(op, out)
		c.fail(now, op, was, Done{Tag: op.Tag, Status: ConditionFailed, Version: was.version}, out)
		return
	}
	if op.Old && len(op.Value)+len(was.value) > c.node.limits.Value {
		// The entry would carry both, and peers take no larger message than one value.
		c.discard(op, out)
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: TooLarge})
		return
	}
	c.store(now, op, was, Entry{Kind: EntryPut, Key: op.Key, Value: op.Value, TTL: op.TTL, Body: op.body}, done, out)
}

func (c *Core) incr(now store.Instant, op *Op, was latest, out *Effects) {
	value, ok := was.plus(op.Delta)
	if !ok {
		c.fail(now, op, was, Done{Tag: op.Tag, Status: NotInteger, Version: was.version}, out)
		return
	}
	done := Done{Tag: op.Tag, Found: true, Value: value, Version: c.log.last + 1}
	c.store(now, op, was, Entry{Kind: EntryPut, Key: op.Key, Value: value, TTL: was.remaining(now)}, done, out)
}

// store numbers a put in place of what was there, if there is room for it at
// every replica.
func (c *Core) store(now store.Instant, op *Op, was latest, e Entry, done Done, out *Effects) {
	need := max(store.Cost(len(e.Key), len(e.Value))-was.replaced, 0) + c.sessions.cost(op.ID, &done)
	if c.afford(now, op, need, out) {
		c.press(out)
		c.number(now, e, op, done, need, out)
	}
}

// afford reserves room for an operation; false when there is none, so that it
// waits, or is refused.
func (c *Core) afford(now store.Instant, op *Op, need int64, out *Effects) bool {
	if c.reserve(need) {
		return true
	}
	if !c.starve(now, op, need, out) {
		c.discard(op, out)
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: OutOfMemory})
	}
	return false
}

func (c *Core) delete(now store.Instant, op *Op, was latest, out *Effects) {
	done := Done{Tag: op.Tag, Found: was.exists, Version: was.version}
	switch {
	case !was.meets(op):
		done.Status, done.Found = ConditionFailed, false
		c.fail(now, op, was, done, out)
	case was.exists:
		// It makes room, so it must not fail for want of it: its record may
		// pass the limit by a little.
		c.number(now, Entry{Kind: EntryDelete, Key: op.Key}, op, done, 0, out)
	default:
		c.fail(now, op, was, done, out)
	}
}

// fail ends an operation that changes nothing. What it has seen must be
// committed before it is answered; and if an attempt with the same id may
// still be under way, that one must not take effect after this answer, so that
// the answer is recorded.
func (c *Core) fail(now store.Instant, op *Op, was latest, done Done, out *Effects) {
	switch {
	case op.ID.named() && op.ID.Attempt > 1:
		done.Value = bytes.Clone(done.Value)
		need := c.sessions.cost(op.ID, &done)
		if !c.afford(now, op, need, out) {
			return
		}
		if was.expired != 0 {
			out.Expired++
			c.number(now, Entry{Kind: EntryExpire, Key: op.Key, Version: was.expired}, op, done, need, out)
		} else {
			c.number(now, Entry{Kind: EntryNote, Key: op.Key}, op, done, need, out)
		}
	case was.expired != 0:
		plain := *op
		plain.ID = RequestID{}
		if op.Decide != nil {
			plain.Kind = OpGet // it harms nobody to ask again
		}
		done.Value = bytes.Clone(done.Value)
		out.Expired++
		c.number(now, Entry{Kind: EntryExpire, Key: op.Key, Version: was.expired}, &plain, done, 0, out)
	case was.pending != 0:
		done.Value = bytes.Clone(done.Value)
		c.clients.join(was.pending, waiter{done: done, deadline: op.Deadline, noEffect: true})
	default:
		out.Done = append(out.Done, done)
	}
}

// reserve makes room for a write of n bytes here and at every replica that
// commits need, or nowhere and returns false.
func (c *Core) reserve(n int64) bool {
	if n <= 0 {
		return true
	}
	if c.node.timing.Evict > 0 && !c.roomFor(n) || !c.node.memory.Reserve(n) {
		return false
	}
	for i, r := range c.replicas {
		if !r.needed() || r.pair.reserve(n) {
			continue
		}
		for _, earlier := range c.replicas[:i] {
			if earlier.needed() {
				earlier.pair.restore(n)
			}
		}
		c.node.memory.Release(n)
		return false
	}
	return true
}
