package replica

import (
	"bytes"
	"slices"

	"pikv/store"
)

// clients holds the operations that are not answered yet.
type clients struct {
	held    []Op        // not numbered: waiting until this node serves, or knows who does
	pending []pendingOp // numbered, without gaps: waiting for their commit
	// touched has the keys of pending entries: a later operation on one of
	// them must see what the earlier will do.
	touched map[string]touch
	// named has the pending entries of requests with an id.
	named map[requestKey]Number
	// forgetting has the clients with a pending EntryForget.
	forgetting map[uint64]bool
}

type requestKey struct{ client, seq uint64 }

type pendingOp struct {
	number   Number
	waiter         // who asked first
	answer   bool  // it still waits
	reserved int64 // bytes of memory
	id       EntryID
	more     []waiter // who asked the same again, or needs to know that this is committed
}

// waiter is an answer that waits for a commit.
type waiter struct {
	done     Done
	deadline store.Instant // 0: none
	noEffect bool          // it changes nothing: asked again it does no harm
}

type touch struct {
	number Number // the last pending entry on the key
	// put is the entry that what is left behind comes from, pending or not
	// any more; 0 when the key will be gone. deadline is its time's end.
	put      Number
	deadline store.Instant
}

func (c *clients) waiting() bool { return len(c.held) > 0 || len(c.pending) > 0 }

// hold keeps an operation that has no effect yet.
func (c *clients) hold(op *Op) {
	kept := *op
	kept.Key = bytes.Clone(op.Key)
	c.held = append(c.held, kept)
}

// await keeps the answer to the entry e.
func (c *clients) await(now store.Instant, p pendingOp, e *Entry) {
	c.pending = append(c.pending, p)
	if p.id.Seq != 0 {
		if c.named == nil {
			c.named = make(map[requestKey]Number)
		}
		c.named[requestKey{p.id.Client, p.id.Seq}] = e.Number
	}
	t := touch{number: e.Number}
	switch e.Kind {
	case EntryPut:
		t.put = e.Number
		if e.TTL > 0 {
			t.deadline = deadline(now, e.TTL)
		}
	case EntryExpire:
		// It removes one version, not what an earlier pending entry will have
		// put in its place.
		if before := c.touched[string(e.Key)]; before.put != e.Version {
			t.put, t.deadline = before.put, before.deadline
		}
	case EntryNote, EntryForget:
		return
	}
	if c.touched == nil {
		c.touched = make(map[string]touch)
	}
	c.touched[string(e.Key)] = t
}

// join has one more answer wait for the pending entry n.
func (c *clients) join(n Number, w waiter) {
	p := &c.pending[n-c.pending[0].number]
	p.more = append(p.more, w)
}

// concern reports whether a pending entry is about the client.
func (c *clients) concern(client uint64) bool {
	return c.forgetting[client] || slices.ContainsFunc(c.pending, func(p pendingOp) bool { return p.id.Client == client })
}

// forget notes that an EntryForget for the client is being numbered.
func (c *clients) forget(client uint64) {
	if c.forgetting == nil {
		c.forgetting = make(map[uint64]bool)
	}
	c.forgetting[client] = true
}

// committed answers what waits for entry e.
func (c *clients) committed(memory *store.Memory, e *Entry, out *Effects) {
	if t, ok := c.touched[string(e.Key)]; ok && t.number == e.Number {
		delete(c.touched, string(e.Key))
	}
	delete(c.named, requestKey{e.ID.Client, e.ID.Seq})
	if e.Kind == EntryForget {
		delete(c.forgetting, e.ID.Client)
	}
	if len(c.pending) == 0 || c.pending[0].number != e.Number {
		return
	}
	p := &c.pending[0]
	memory.Release(p.reserved)
	if p.answer {
		out.Done = append(out.Done, p.done)
	}
	for i := range p.more {
		out.Done = append(out.Done, p.more[i].done)
	}
	*p = pendingOp{}
	if c.pending = c.pending[1:]; len(c.pending) == 0 {
		c.pending, c.touched, c.named, c.forgetting = nil, nil, nil, nil
	}
}

// abandon answers what was numbered by a primary that is one no more: the
// entries may or may not be committed by the next.
func (c *clients) abandon(core *Core, out *Effects) {
	for i := range c.pending {
		p := &c.pending[i]
		core.memory.Release(p.reserved)
		if p.answer {
			out.Done = append(out.Done, unknown(&p.waiter))
		}
		for j := range p.more {
			out.Done = append(out.Done, unknown(&p.more[j]))
		}
	}
	c.pending, c.touched, c.named, c.forgetting = nil, nil, nil, nil
}

// unknown is the answer to one that waits for what is not seen committed.
func unknown(w *waiter) Done {
	if w.noEffect {
		return Done{Tag: w.done.Tag, Status: Timeout}
	}
	return Done{Tag: w.done.Tag, Status: UnknownFate}
}

// release runs the held operations again: they are executed, redirected or
// held once more, as the core's state asks for.
func (c *clients) release(core *Core, now store.Instant, out *Effects) {
	held := c.held
	c.held = nil
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
		if p.answer && p.over(now) {
			p.answer = false
			out.Done = append(out.Done, unknown(&p.waiter))
		}
		left := p.more[:0]
		for j := range p.more {
			if p.more[j].over(now) {
				out.Done = append(out.Done, unknown(&p.more[j]))
			} else {
				left = append(left, p.more[j])
			}
		}
		clear(p.more[len(left):])
		p.more = left
	}
}

func (w *waiter) over(now store.Instant) bool { return w.deadline != 0 && now >= w.deadline }

// repeated answers a request that has been numbered before; it returns false
// for a new one.
func (c *Core) repeated(op *Op, out *Effects) bool {
	if !op.ID.named() {
		return false
	}
	if n, pending := c.clients.named[requestKey{op.ID.Client, op.ID.Seq}]; pending {
		done := c.log.at(n).Outcome.done(op.Tag)
		c.clients.join(n, waiter{done: done, deadline: op.Deadline})
		return true
	}
	known, found := c.sessions.find(op.ID, c.limits.Sessions)
	if found {
		out.Done = append(out.Done, known.done(op.Tag))
	}
	return found
}

// done is the outcome as the answer to an operation.
func (o *Outcome) done(tag any) Done {
	return Done{Tag: tag, Status: o.Status, Found: o.Found, Version: o.Version, Value: o.Value}
}
