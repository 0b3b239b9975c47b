package replica

import (
	"slices"
	"time"

	"pikv/placement"
	"pikv/store"
)

// progress is what a primary knows of one other replica.
type progress struct {
	id      placement.Incarnation
	pair    *Pair
	learner bool
	hello   bool // it has acknowledged at the epoch in force
	failed  bool // it cannot follow: the register is asked to drop it
	differs bool // its log ends otherwise than this one, and it was told so
	filled  bool // a learner with a complete snapshot
	// synced: commits need this learner's acknowledgement, and reads its
	// lease, though it is not in sync yet: the register may take its
	// promotion at any time.
	synced   bool
	syncedAt Number        // the last number when synced was set
	since    store.Instant // when the primary began to expect signs of life

	acked   Number // it has every entry up to here
	sent    Number // entries up to here were sent; acked <= sent
	applied Number // it knows that entries up to here are committed
	flying  int    // messages with entries not acknowledged; too high when acknowledgements are lost
	// movedAt is when it last acknowledged something new or, if nothing was
	// under way then, when something was sent. What is sent later does not
	// count: else steady writes would put off for ever the repetition of a
	// lost message that they all wait for.
	movedAt store.Instant
	// owed is for how long altogether a learner has had something to
	// acknowledge since it last acknowledged something new, as of looked.
	owed   time.Duration
	looked store.Instant

	bodies map[uint64]bool // large values of the log that it has got
	fill   *outgoing       // a learner whose fill is under way
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

// untrack forgets the other replicas.
func (c *Core) untrack() {
	for _, r := range c.replicas {
		r.endFill()
	}
	c.replicas = nil
}

// track makes c.replicas agree with the configuration.
func (c *Core) track(now store.Instant) {
	old := c.replicas
	c.untrack()
	add := func(id placement.Incarnation, learner bool) {
		if id == c.node.self {
			return
		}
		// An in-sync replica has every committed entry, so it has those that
		// this log has forgotten. What else it has is to be seen.
		r := &progress{id: id, pair: c.node.pairs.Pair(id), learner: learner, since: now, movedAt: now, looked: now, acked: c.log.base, sent: c.log.base}
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
		c.clients.committed(c.node.memory, e, out)
	}
	c.trimLog()
	switch c.phase {
	case serving:
		c.syncLearners(now, out)
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
	if c.log.bytes <= c.node.limits.Log {
		return
	}
	for _, r := range c.replicas {
		if r.learner && !r.synced {
			r.fail()
		}
	}
}

// syncLearners brings filled learners in sync. Only a primary that serves asks
// for that: it shows that no earlier one does.
func (c *Core) syncLearners(now store.Instant, out *Effects) {
	for _, r := range c.replicas {
		if !r.learner || !r.streaming() {
			continue
		}
		if !r.synced && r.pair.Leased(now) && c.log.within(r.acked, c.node.limits.Lag) {
			r.synced, r.syncedAt = true, c.log.last
		}
		if r.synced && r.acked >= r.syncedAt {
			c.ask(now, placement.Change{Kind: placement.Promote, Node: r.id}, out)
		}
	}
}
