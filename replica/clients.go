package replica

import (
	"bytes"
	"slices"

	"pikv/store"
)

// clients holds the operations that are not answered yet.
type clients struct {
	held    []Op          // not numbered: waiting until this node serves, or knows who does, or for an earlier one on the same key
	heldAt  store.Instant // the latest reading of the clock for which one was held
	starved []Op          // not numbered: waiting for room
	pending pending       // numbered: waiting for their commit
	lines   lines         // of those that are not numbered
	// forgetting has the clients with a pending EntryForget.
	forgetting map[uint64]bool
}

// waiter is an answer that waits for a commit.
type waiter struct {
	done     Done
	deadline store.Instant // 0: none
	noEffect bool          // it changes nothing: asked again it does no harm
}

func (c *clients) waiting() bool { return len(c.held) > 0 || len(c.starved) > 0 || !c.pending.empty() }

// hold keeps an operation that has no effect yet and had arrived at now.
func (c *clients) hold(now store.Instant, op *Op) {
	c.park(now, op)
	c.lines.stuck = false
}

// park is hold for an operation that waits for one that is ahead of it, or for
// another view.
func (c *clients) park(now store.Instant, op *Op) {
	kept := c.keep(now, op)
	count(&c.lines.held, &kept, 1)
	if kept.first {
		kept.first = false
		c.held = slices.Insert(c.held, 0, kept)
	} else {
		c.held = append(c.held, kept)
	}
}

// keep returns the operation as it can be kept.
func (c *clients) keep(now store.Instant, op *Op) Op {
	c.heldAt = max(c.heldAt, now)
	kept := *op
	if !op.kept {
		kept.Key = bytes.Clone(op.Key)
		kept.Keys = slices.Clone(op.Keys)
		for i := range kept.Keys {
			kept.Keys[i] = bytes.Clone(kept.Keys[i])
		}
	}
	kept.own()
	return kept
}

// join has one more answer wait for the pending entry n.
func (c *clients) join(n Number, w waiter) {
	p := c.pending.at(n)
	p.more = append(p.more, w)
}

// concern reports whether a pending entry is about the client.
func (c *clients) concern(client uint64) bool {
	return c.forgetting[client] || slices.ContainsFunc(c.pending.all(), func(p pendingOp) bool { return p.id.Client == client })
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
	if e.Kind == EntryForget {
		delete(c.forgetting, e.ID.Client)
	}
	if c.pending.empty() || c.pending.all()[0].touch.number != e.Number {
		return
	}
	p := &c.pending.all()[0]
	memory.Release(p.reserved)
	if p.answer {
		out.Done = append(out.Done, p.done)
	}
	for i := range p.more {
		out.Done = append(out.Done, p.more[i].done)
	}
	c.pending.pop()
}

// abandon answers what was numbered by a primary that is one no more: the
// entries may or may not be committed by the next.
func (c *clients) abandon(core *Core, out *Effects) {
	waiting := c.pending.all()
	for i := range waiting {
		p := &waiting[i]
		core.node.memory.Release(p.reserved)
		if p.answer {
			out.Done = append(out.Done, unknown(&p.waiter))
		}
		for j := range p.more {
			out.Done = append(out.Done, unknown(&p.more[j]))
		}
	}
	c.pending, c.forgetting = pending{}, nil
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
	held, counts := c.held, c.lines.held
	c.held, c.lines.held, c.lines.stuck = nil, nil, true
	for i := range held {
		if core.Serving() && core.crowded() {
			c.putBack(held[i:], counts)
			return
		}
		count(&counts, &held[i], -1)
		first := len(out.Done)
		core.Do(now, &held[i], out)
		// A later one may write where the value lies that this one has read.
		for j := range out.Done[first:] {
			d := &out.Done[first+j]
			d.Value = bytes.Clone(d.Value)
		}
	}
}

// putBack holds those that were not run, behind those that are held again;
// counts counts them.
func (c *clients) putBack(rest []Op, counts map[string]int) {
	for i := range c.held {
		count(&counts, &c.held[i], 1)
	}
	c.lines.held, c.lines.stuck = counts, false
	if len(c.held) == 0 {
		c.held = rest
	} else {
		c.held = append(c.held, rest...)
	}
}

// holdFirst makes held operations of those that came first of their keys.
func (c *clients) holdFirst(ops []Op) {
	for i := range ops {
		op := &ops[i]
		op.body, op.plan = 0, nil // what was sent ahead counts for one epoch
		c.lines.leave(op)
		count(&c.lines.held, op, 1)
	}
	c.held = append(ops, c.held...)
	c.lines.stuck = false
}

// expire answers operations whose deadline has passed. Those that were not numbered it
// gives to drop.
func (c *clients) expire(now store.Instant, drop func(op *Op, out *Effects), out *Effects) {
	kept := c.held[:0]
	for i := range c.held {
		op := &c.held[i]
		if op.Deadline != 0 && now >= op.Deadline {
			count(&c.lines.held, op, -1)
			c.lines.stuck = false
			drop(op, out)
			out.Done = append(out.Done, Done{Tag: op.Tag, Status: Timeout})
		} else {
			kept = append(kept, *op)
		}
	}
	clear(c.held[len(kept):])
	if c.held = kept; len(kept) == 0 {
		c.held = nil
	}
	waiting := c.pending.all()
	for i := range waiting {
		p := &waiting[i]
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
	if n, waits := c.clients.pending.entryOf(op.ID); waits {
		done := c.log.at(n).Outcome.done(op.Tag)
		c.clients.join(n, waiter{done: done, deadline: op.Deadline})
		return true
	}
	known, found := c.sessions.find(op.ID, c.node.limits.Sessions)
	if found {
		out.Done = append(out.Done, known.done(op.Tag))
	}
	return found
}

// done is the outcome as the answer to an operation.
func (o *Outcome) done(tag any) Done {
	return Done{Tag: tag, Status: o.Status, Found: o.Found, Version: o.Version, Value: o.Value}
}
