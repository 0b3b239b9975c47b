package replica

import "pikv/store"

// onAck takes a replica's acknowledgement at the epoch in force.
func (c *Core) onAck(now store.Instant, r *progress, m *Message, out *Effects) {
	first := !r.hello
	if first {
		r.hello, r.owed = true, 0
	}
	if r.learner && !m.Done {
		if !r.filled { // else a later acknowledgement has overtaken it
			c.fillAcked(now, r, m)
		}
		return
	}
	epoch, known := c.log.epochOf(m.Prev)
	switch {
	case first && m.Prev < r.acked, r.learner && m.Prev > r.acked && (!known || epoch != m.PrevEpoch):
		// It lacks entries that are gone here, or is a learner with entries
		// that nobody sent: it is dropped and filled from empty.
		r.fail()
		return
	case !first && m.Prev <= r.acked && !r.differs:
		// Nothing new: the log may even have forgotten an entry that an
		// acknowledgement names which others have overtaken.
	case !known || epoch != m.PrevEpoch:
		c.reconcile(now, r, out)
		return
	}
	c.took(now, r, m)
	if first {
		r.sent = r.acked
	}
	if r.id == c.reign.handTo && c.phase == serving {
		c.phase, c.reign.handSince = handing, now // it lives
	}
	c.catchUp(now, r, out)
	if first {
		c.pumpTo(now, r.id, out)
	}
	c.advance(now, out)
	c.resume(now, out)
}

// took notes what an acknowledgement that agrees with the log tells.
func (c *Core) took(now store.Instant, r *progress, m *Message) {
	r.applied = max(r.applied, m.Commit)
	if r.learner && !r.filled {
		r.filled = true
		r.endFill()
		r.acked, r.sent, r.owed = m.Prev, m.Prev, 0
	}
	if m.Prev > r.acked {
		r.acked, r.movedAt, r.owed = m.Prev, now, 0
	}
	r.differs = false
	r.sent = max(r.sent, r.acked)
}

// reconcile tells an in-sync replica whose log ends otherwise than this one
// from where on they may differ: it has entries of an earlier primary that this
// one never had, which were therefore never committed. Messages under way
// before it has cut them off may come back with more of the same; the first is
// enough, and retry repeats it.
func (c *Core) reconcile(now store.Instant, r *progress, out *Effects) {
	if r.differs {
		return
	}
	r.differs, r.movedAt = true, now
	r.sent = r.acked
	if r.sent < c.log.last {
		c.stream(now, r, out)
	} else {
		c.probe(now, r, out)
	}
}
