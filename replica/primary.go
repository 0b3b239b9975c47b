package replica

import (
	"slices"

	"pikv/placement"
	"pikv/store"
)

// progress is what a primary knows of one other replica.
type progress struct {
	id      placement.Incarnation
	learner bool
	since   store.Instant // when the primary began to expect acknowledgements
	hello   bool          // it has acknowledged at the epoch in force
	failed  bool          // it cannot follow: the register is asked to drop it
	acked   Number        // it has every entry up to here
	sent    Number        // entries up to here were sent; acked <= sent
	applied Number        // it knows that entries up to here are committed
	// movedAt is when it last acknowledged something new or, if nothing was
	// under way then, when something was sent. What is sent later does not
	// count: else steady writes would put off for ever the repetition of a
	// lost message that they all wait for.
	movedAt store.Instant

	fill   *outgoing // a learner whose fill is under way
	filled bool      // a learner with a complete snapshot
	// synced: commits need this learner's acknowledgement, though it is not
	// in sync yet, so that it has every acknowledged write at the moment that
	// the register takes its promotion, whenever that is.
	synced   bool
	syncedAt Number // the last number when synced was set
}

// needed reports whether an entry is committed only with this replica.
func (r *progress) needed() bool { return !r.learner || r.synced }

// streaming reports whether the replica takes entries.
func (r *progress) streaming() bool {
	return r.hello && !r.failed && (!r.learner || r.filled)
}

func (c *Core) replica(id placement.Incarnation) *progress {
	for _, r := range c.replicas {
		if r.id == id {
			return r
		}
	}
	return nil
}

// track makes c.replicas agree with the configuration.
func (c *Core) track(now store.Instant) {
	old := c.replicas
	c.replicas = nil
	add := func(id placement.Incarnation, learner bool) {
		if id == c.self {
			return
		}
		r := &progress{id: id, learner: learner, since: now, movedAt: now}
		if i := slices.IndexFunc(old, func(o *progress) bool { return o.id == id }); i >= 0 {
			// Its silence goes on: changes may come one after another.
			r.since = old[i].since
			// A learner that stays one is filled again from empty: a fill
			// counts for one epoch only. A promoted one has all that it
			// acknowledged.
			if !learner {
				r.acked, r.sent = old[i].acked, old[i].acked
			}
		}
		c.replicas = append(c.replicas, r)
	}
	for _, id := range c.config.InSync {
		add(id, false)
	}
	for _, id := range c.config.Learners {
		add(id, true)
	}
}

// onAck takes a replica's acknowledgement at the epoch in force.
func (c *Core) onAck(now store.Instant, r *progress, m *Message, out *Effects) {
	first := !r.hello
	r.hello = true
	if r.learner && !m.Done {
		if !r.filled { // else a later acknowledgement has overtaken it
			c.fillAcked(now, r, m)
		}
		return
	}
	switch epoch, ok := c.log.epochOf(m.Prev); {
	case !first && m.Prev <= r.acked:
		// Nothing new: the log may even have forgotten an entry that an
		// acknowledgement names which others have overtaken.
	case m.Prev < r.acked || !ok || epoch != m.PrevEpoch:
		// It lacks entries that are gone here, or holds entries that this
		// log does not: it is dropped and refilled from empty.
		r.failed = true
		return
	}
	r.applied = max(r.applied, m.Commit)
	if r.learner && !r.filled {
		r.filled, r.fill = true, nil
		r.acked, r.sent = m.Prev, m.Prev
	}
	if m.Prev > r.acked {
		r.acked, r.movedAt = m.Prev, now
	}
	if first {
		r.sent = m.Prev
	}
	r.sent = max(r.sent, r.acked)
	if r.id == c.handTo {
		c.phase = handing // it lives
	}
	c.stream(now, r, out)
	c.advance(now, out)
	c.resume(now, out)
}

// advance commits what every needed replica has, and does what follows.
func (c *Core) advance(now store.Instant, out *Effects) {
	commit := c.log.last
	for _, r := range c.replicas {
		if r.needed() {
			commit = min(commit, r.acked)
		}
	}
	for c.log.commit < commit {
		e := c.log.commitNext()
		c.apply(now, e)
		c.clients.committed(c.memory, e, out)
	}
	c.trimLog()
	c.syncLearners(now, out)
	switch c.phase {
	case stepping:
		c.finishStep(now, out)
	case handing:
		c.finishHandOver(now, out)
	}
}

// trimLog forgets entries that no replica lacks.
func (c *Core) trimLog() {
	floor := c.log.commit
	for _, r := range c.replicas {
		switch {
		case r.failed:
		case r.fill != nil:
			floor = min(floor, r.fill.at)
		case r.learner && !r.filled: // its snapshot will be cut later
		default:
			floor = min(floor, r.acked)
		}
	}
	c.log.trim(floor)
}

// boundLog gives up learners when the log that is kept for them is too long:
// writes come faster than the fill.
func (c *Core) boundLog() {
	if c.log.bytes <= c.limits.Log {
		return
	}
	for _, r := range c.replicas {
		if r.learner && !r.synced {
			r.failed, r.fill = true, nil
		}
	}
}

// syncLearners brings filled learners in sync. A hand-over waits for nobody
// else than it must.
func (c *Core) syncLearners(now store.Instant, out *Effects) {
	if c.phase == handing {
		return
	}
	for _, r := range c.replicas {
		if !r.learner || !r.streaming() {
			continue
		}
		if !r.synced && c.log.within(r.acked, c.limits.Lag) {
			r.synced, r.syncedAt = true, c.log.last
		}
		if r.synced && r.acked >= r.syncedAt {
			c.ask(now, placement.Change{Kind: placement.Promote, Node: r.id}, out)
		}
	}
}

// finishStep begins to serve once the tail is committed and every in-sync
// replica, the old primary among them, has acknowledged the new epoch.
func (c *Core) finishStep(now store.Instant, out *Effects) {
	for _, r := range c.replicas {
		if !r.learner && !r.hello {
			return
		}
	}
	if c.log.commit < c.stepTo {
		return
	}
	c.phase = serving
	c.clients.release(c, now, out)
}

// finishHandOver asks for the new primary once the tail is flushed.
func (c *Core) finishHandOver(now store.Instant, out *Effects) {
	if r := c.replica(c.handTo); r == nil || r.acked < c.log.last || c.log.commit < c.log.last {
		return
	}
	c.ask(now, placement.Change{Kind: placement.HandOver, Node: c.handTo}, out)
}
