package replica

import (
	"pikv/placement"
	"pikv/store"
)

// probe asks a replica for an acknowledgement.
func (c *Core) probe(now store.Instant, r *progress, out *Effects) {
	epoch, ok := c.log.epochOf(r.sent)
	at := r.sent
	if !ok {
		at, epoch = c.log.base, c.log.baseEpoch
	}
	r.movedAt = now
	out.send(r.id, Message{Kind: MsgAppend, Partition: c.id, Epoch: c.config.Epoch, Prev: at, PrevEpoch: epoch, Commit: c.log.commit, Start: c.reign.start})
}

// stream sends the next entries that the replica lacks.
func (c *Core) stream(now store.Instant, r *progress, out *Effects) {
	if !r.streaming() || r.sent >= c.log.last {
		return
	}
	epoch, ok := c.log.epochOf(r.sent)
	if !ok {
		r.fail()
		return
	}
	if r.sent == r.acked {
		r.movedAt = now
	}
	var entries []Entry
	out.entries, entries = c.log.run(r.sent+1, c.node.limits.Batch, out.entries)
	for i := range entries {
		r.refer(&entries[i])
	}
	out.send(r.id, Message{Kind: MsgAppend, Partition: c.id, Epoch: c.config.Epoch, Prev: r.sent, PrevEpoch: epoch, Commit: c.log.commit, Start: c.reign.start, Entries: entries})
	r.sent += Number(len(entries))
	r.flying++
}

// inFlight is how many messages with entries may be on their way to a replica
// that has to catch up, so that it does not take a round trip for each.
const inFlight = 8

// catchUp sends more of what a replica lacks, now that it has acknowledged
// something: one message at least, for the count may be too high.
func (c *Core) catchUp(now store.Instant, r *progress, out *Effects) {
	if r.acked == r.sent {
		r.flying = 0
	} else {
		r.flying = max(r.flying-1, 0)
	}
	c.stream(now, r, out)
	for r.flying < inFlight && r.streaming() && r.sent < c.log.last {
		c.stream(now, r, out)
	}
}

// refer leaves out a value that the replica has got already. It is told so
// once: when the entry has to be sent again the value goes with it, for the
// replica may have lost it.
func (r *progress) refer(e *Entry) {
	if e.Body == 0 || !r.bodies[e.Body] {
		e.Body = 0
		return
	}
	delete(r.bodies, e.Body)
	e.Value = nil
}

// got notes that the replica has got a value ahead of its entry.
func (r *progress) got(body uint64) {
	if r.bodies == nil {
		r.bodies = make(map[uint64]bool)
	}
	r.bodies[body] = true
}

// Relinked tells that messages sent to a node so far may be lost: the
// connection to it is a new one.
func (c *Core) Relinked(now store.Instant, id placement.Incarnation, out *Effects) {
	switch r := c.replica(id); {
	case c.role == RolePrimary && r != nil:
		c.resend(now, r, out)
		c.pumpTo(now, id, out)
	case c.role == RoleBackup || c.role == RoleLearner:
		if id == c.config.Primary {
			c.acknowledge(out)
		}
	}
}

// retry sends again what a replica has not acknowledged for a while.
func (c *Core) retry(now store.Instant, r *progress, out *Effects) {
	switch {
	case r.failed:
		c.ask(now, placement.Change{Kind: placement.Drop, Node: r.id}, out)
	case now-r.movedAt >= store.Instant(c.node.timing.Retry) && r.left():
		c.resend(now, r, out)
	}
}

// resend sends a replica what it has not acknowledged.
func (c *Core) resend(now store.Instant, r *progress, out *Effects) {
	switch {
	case r.failed:
	case !r.hello:
		c.probe(now, r, out)
	case r.fill != nil:
		r.fill.rewind()
		c.probe(now, r, out)
	case r.acked < c.log.last:
		r.sent, r.flying = r.acked, 0
		c.stream(now, r, out)
	case r.differs, c.phase == serving && r.id == c.reign.handTo:
		c.probe(now, r, out)
	case r.applied < c.log.commit:
		c.probe(now, r, out)
	}
}
