package replica

import (
	"bytes"

	"pikv/store"
)

// clients holds the operations that are not answered yet.
type clients struct {
	held    []Op        // not numbered: waiting until this node serves, or knows who does
	queued  bool        // some of held wait because too much waits for its commit
	pending []pendingOp // numbered, in order: waiting for their commit
	// touched has the keys of pending entries: a later operation on one of
	// them must see what the earlier will do.
	touched map[string]touch
}

type pendingOp struct {
	number   Number
	done     Done
	deadline store.Instant // 0: none
	answer   bool          // a client waits for done
	reserved int64         // bytes of memory
}

type touch struct {
	number Number // the last pending entry on the key
	exists bool   // what that entry leaves behind
}

func (c *clients) waiting() bool { return len(c.held) > 0 || len(c.pending) > 0 }

// hold keeps an operation that has no effect yet.
func (c *clients) hold(op *Op) {
	kept := *op
	kept.Key = bytes.Clone(op.Key)
	c.held = append(c.held, kept)
}

// await keeps the answer to the entry e.
func (c *clients) await(p pendingOp, e *Entry) {
	c.pending = append(c.pending, p)
	if c.touched == nil {
		c.touched = make(map[string]touch)
	}
	exists := e.Kind == EntryPut
	if e.Kind == EntryExpire {
		// It removes the version that the store has now, not what an earlier
		// pending entry will have put in its place.
		exists = c.touched[string(e.Key)].exists
	}
	c.touched[string(e.Key)] = touch{number: e.Number, exists: exists}
}

// pendingExistence tells whether the key will exist once every pending entry
// is applied; ok is false when none touches it.
func (c *clients) pendingExistence(key []byte) (exists, ok bool) {
	t, ok := c.touched[string(key)]
	return t.exists, ok
}

// committed answers the operation that waits for entry e, if one does.
func (c *clients) committed(memory *store.Memory, e *Entry, out *Effects) {
	if t, ok := c.touched[string(e.Key)]; ok && t.number == e.Number {
		delete(c.touched, string(e.Key))
	}
	if len(c.pending) == 0 || c.pending[0].number != e.Number {
		return
	}
	p := &c.pending[0]
	memory.Release(p.reserved)
	if p.answer {
		out.Done = append(out.Done, p.done)
	}
	c.pending[0] = pendingOp{}
	if c.pending = c.pending[1:]; len(c.pending) == 0 {
		c.pending, c.touched = nil, nil
	}
}

// abandon answers what was numbered by a primary that is one no more: the
// entries may or may not be committed by the next.
func (c *clients) abandon(core *Core, out *Effects) {
	for _, p := range c.pending {
		core.memory.Release(p.reserved)
		if p.answer {
			out.Done = append(out.Done, Done{Tag: p.done.Tag, Status: UnknownFate})
		}
	}
	c.pending, c.touched = nil, nil
}

// release runs the held operations again: they are executed, redirected or
// held once more, as the core's state asks for.
func (c *clients) release(core *Core, now store.Instant, out *Effects) {
	held := c.held
	c.held, c.queued = nil, false
	for i := range held {
		core.Do(now, &held[i], out)
	}
}

// expire answers operations whose deadline has passed.
func (c *clients) expire(now store.Instant, out *Effects) {
	kept := c.held[:0]
	for _, op := range c.held {
		if op.Deadline != 0 && now >= op.Deadline {
			out.Done = append(out.Done, Done{Tag: op.Tag, Status: Timeout})
		} else {
			kept = append(kept, op)
		}
	}
	clear(c.held[len(kept):])
	if c.held = kept; len(kept) == 0 {
		c.held = nil
	}
	for i := range c.pending {
		p := &c.pending[i]
		if p.answer && p.deadline != 0 && now >= p.deadline {
			p.answer = false
			out.Done = append(out.Done, Done{Tag: p.done.Tag, Status: UnknownFate})
		}
	}
}
