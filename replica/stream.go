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
	out.send(r.id, Message{Kind: MsgAppend, Partition: c.id, Epoch: c.config.Epoch, Prev: at, PrevEpoch: epoch, Commit: c.log.commit})
}

// stream sends the next entries that the replica lacks.
func (c *Core) stream(now store.Instant, r *progress, out *Effects) {
	if !r.streaming() || r.sent >= c.log.last {
		return
	}
	epoch, ok := c.log.epochOf(r.sent)
	if !ok {
		r.failed = true
		return
	}
	if r.sent == r.acked {
		r.movedAt = now
	}
	entries := c.log.run(r.sent+1, c.limits.Batch)
	out.send(r.id, Message{Kind: MsgAppend, Partition: c.id, Epoch: c.config.Epoch, Prev: r.sent, PrevEpoch: epoch, Commit: c.log.commit, Entries: entries})
	r.sent += Number(len(entries))
}

// Relinked tells that messages sent to a node so far may be lost: the
// connection to it is a new one.
func (c *Core) Relinked(now store.Instant, id placement.Incarnation, out *Effects) {
	switch r := c.replica(id); {
	case c.role == RolePrimary && r != nil:
		c.resend(now, r, out)
	case c.role == RoleBackup || c.role == RoleLearner:
		if id == c.config.Primary {
			c.acknowledge(out)
		}
	}
}

// retry sends again what a replica has not acknowledged for a while.
func (c *Core) retry(now store.Instant, r *progress, peers Peers, out *Effects) {
	switch {
	case r.failed:
		c.ask(now, placement.Change{Kind: placement.Drop, Node: r.id}, out)
	case now-r.movedAt >= store.Instant(c.timing.Retry) && peers.Flushed(r.id):
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
		r.sent = r.acked
		c.stream(now, r, out)
	case c.phase == serving && r.id == c.handTo:
		c.probe(now, r, out)
	case r.applied < c.log.commit:
		c.probe(now, r, out)
	}
}
