package replica

import (
	"bytes"

	"pikv/store"
)

// number gives e the next number and sends it to the replicas. done answers
// op once e is committed; op is nil for the primary's own entries. reserved
// bytes of memory are given back when the engine accounts for the entry.
func (c *Core) number(now store.Instant, e Entry, op *Op, done Done, reserved int64, out *Effects) {
	e.Epoch, e.Number = c.config.Epoch, c.log.last+1
	if op != nil && op.ID.named() {
		e.ID = EntryID{Client: op.ID.Client, Seq: op.ID.Seq, Finished: op.ID.Finished}
		e.Outcome = Outcome{Status: done.Status, Found: done.Found, Version: done.Version, Value: done.Value}
	}
	if len(c.replicas) == 0 {
		c.log.skip(&e)
		c.apply(now, &e)
		c.node.memory.Release(reserved)
		if op != nil {
			out.Done = append(out.Done, done)
		}
		return
	}
	switch {
	case op == nil || !op.Lent || e.Kind != EntryPut && e.Kind != EntryGroup:
		e.Key = bytes.Clone(e.Key)
	case op.Give != nil:
		op.own()
		e.Key = bytes.Clone(e.Key)
	default:
		e.Key, e.Value = cloneBoth(e.Key, e.Value)
	}
	c.log.push(e)
	wait := pendingOp{touch: touch{number: e.Number}, reserved: reserved, id: e.ID}
	if op != nil {
		wait.waiter, wait.answer = waiter{done: done, deadline: op.Deadline, noEffect: op.Kind == OpGet}, true
	}
	c.await(now, wait, &e)
	for _, r := range c.replicas {
		if r.sent == e.Number-1 {
			c.stream(now, r, out)
		}
	}
	c.advance(now, out)
}

// apply makes a committed entry take effect in the store and the records.
func (c *Core) apply(now store.Instant, e *Entry) {
	switch e.Kind {
	case EntryForget:
		c.sessions.forget(c.node.memory, e.ID.Client)
		return
	case EntryGroup:
		c.applyGroup(now, e)
	default:
		until := store.Instant(0)
		if e.TTL > 0 {
			until = c.clients.deadlineOf(now, e)
		}
		c.change(e, until)
	}
	if e.ID.Client != 0 {
		c.sessions.record(c.node.memory, now, e.ID, e.Outcome, c.node.limits.Records)
	}
}

// change makes an entry, or a part of one, take effect in the store.
func (c *Core) change(e *Entry, until store.Instant) {
	switch e.Kind {
	case EntryPut:
		c.engine.Put(store.Item{Key: e.Key, Value: e.Value, Version: uint64(e.Number), Deadline: until})
	case EntryCopy:
		c.engine.Copy(e.source(), store.Item{Key: e.Key, Version: uint64(e.Number), Deadline: until})
	case EntryDelete:
		c.engine.Delete(e.Key)
	case EntryExpire:
		if item, ok := c.engine.Get(e.Key); ok && item.Version == uint64(e.Version) {
			c.engine.Delete(e.Key)
		}
	}
}
