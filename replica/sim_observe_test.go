package replica

import (
	"pikv/placement"
)

// What the simulation reads of a core beside its exported methods is here.

// simObserved is what a core was before an event.
type simObserved struct {
	role         Role
	phase        phase
	epoch        placement.Epoch
	life         uint32
	replaced     bool
	commit, last Number
	open         int // bytes of log not committed
	complete     bool
	held         int
	failed       int // replicas given up
	differ       int // replicas whose log ends otherwise
	stalled      int // learners that are given up because they stall
	logFull      bool
	crowded      bool
	starved      int  // operations that wait for room
	full         bool // a learner that has none
}

func observe(c *Core) simObserved {
	o := simObserved{
		role: c.role, phase: c.phase, epoch: c.config.Epoch, life: c.config.Life, replaced: c.config.Replaced,
		commit: c.log.commit, last: c.log.last, open: c.log.open,
		complete: c.role == RolePrimary || c.role == RoleBackup || c.role == RoleLearner && c.fill.done,
		held:     len(c.clients.held), logFull: c.log.bytes+300 > c.node.limits.Log, // a sweep may add to it
		crowded: c.crowded() && len(c.clients.held) > 0,
		starved: len(c.clients.starved), full: c.fill.full,
	}
	for _, r := range c.replicas {
		if r.failed {
			o.failed++
		}
		if r.differs {
			o.differ++
		}
		if r.owed >= c.node.timing.Stall {
			o.stalled++
		}
	}
	return o
}

// torn reports that the log's numbers do not agree with each other.
func torn(c *Core) bool {
	return c.log.base > c.log.commit || c.log.commit > c.log.last || Number(len(c.log.entries)) != c.log.last-c.log.base
}

// logged is the committed entries whose epochs are known.
func logged(c *Core) (low, high Number) { return c.log.base, c.log.commit }

// accounted is the memory that a core takes beside its engine's.
func accounted(c *Core) int64 {
	bytes := c.sessions.bytes + c.charged
	for _, s := range c.staged {
		bytes += int64(s.total)
	}
	for _, p := range c.clients.pending.all() {
		bytes += p.reserved
	}
	return bytes
}

// remembered is what a core knows of clients' requests.
func remembered(c *Core) []Record { return c.sessions.snapshot() }

// known reports whether a core has numbered a request before.
func known(c *Core, id RequestID) bool {
	if id.Client == 0 {
		return false
	}
	if _, waits := c.clients.pending.entryOf(id); waits {
		return true
	}
	session := c.sessions.byClient[id.Client]
	if session == nil {
		return false
	}
	_, found := session.search(id.Seq)
	return found
}

// markNumbered notes whose requests have got a number after last, or an answer
// that rests on one.
func (n *simNode) markNumbered(c *Core, last Number, out *Effects) {
	for i := range out.Done {
		d := &out.Done[i]
		a := d.Tag.(*simAttempt)
		switch d.Status {
		case OK, ConditionFailed, NotInteger, UnknownFate, Forgotten:
			a.call.numbered = true
		}
		if d.Status == OK && d.Version > last && a.call.op.writes(d) && a.call.written != d.Version { // not a repetition's
			a.call.written = d.Version
			n.s.check.inOrder(n, a)
		}
	}
	pending := c.clients.pending.all()
	for i := range pending {
		if a, ok := pending[i].done.Tag.(*simAttempt); ok && pending[i].touch.number > last {
			a.call.numbered = true
			if a.call.op.kind != OpGet {
				n.s.check.inOrder(n, a)
			}
		}
	}
}

// writes reports whether the answer names an entry that the operation wrote.
func (op *simOp) writes(d *Done) bool {
	switch op.kind {
	case OpPut, OpIncr:
		return true
	case OpUpdate, OpGroup:
		return d.Found
	default:
		return false
	}
}
