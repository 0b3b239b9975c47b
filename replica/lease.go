package replica

import (
	"time"

	"pikv/placement"
	"pikv/store"
)

// Serving reports whether this is a primary that answers operations, given the
// leases.
func (c *Core) Serving() bool { return c.role == RolePrimary && c.phase == serving }

// Serves reports whether operations are answered at now: this is a serving
// primary, and nobody can have taken its place.
func (c *Core) Serves(now store.Instant) bool { return c.Serving() && c.leased(now) }

// leased reports whether every node that could be made primary without this
// one's asking has promised not to serve yet. A learner that commits need is
// one of them: its promotion may be in force already.
func (c *Core) leased(now store.Instant) bool {
	for _, r := range c.replicas {
		if r.needed() && !r.pair.Leased(now) {
			return false
		}
	}
	return true
}

// finishStep begins to serve once no earlier primary can serve, and the tail
// is committed.
func (c *Core) finishStep(now store.Instant, out *Effects) {
	if !c.clears(now) || c.log.commit < c.reign.stepTo {
		return
	}
	c.phase = serving
	c.resume(now, out)
}

// clears reports whether no earlier primary can serve any more.
//
// One that handed over is in sync in the configuration that says so, and has
// stopped when it acknowledges that one. If it is dropped before it does, or
// was replaced, its lease from this node has to run out: from the adoption of
// that configuration on, this node's grants name a view that the other would
// have to adopt first; so the last one that counts was sent before, and is over
// after Timing.Wait. Whoever was primary before that one cannot serve: to hand
// over, or to have a replica promoted, a primary has to serve.
func (c *Core) clears(now store.Instant) bool {
	c.clear = c.clear || now >= c.reign.waitTill || !c.mustWait && c.allHello()
	return c.clear
}

// allHello reports whether every in-sync replica has acknowledged this epoch.
func (c *Core) allHello() bool {
	for _, r := range c.replicas {
		if !r.learner && !r.hello {
			return false
		}
	}
	return true
}

// finishHandOver asks for the new primary once the tail is flushed.
func (c *Core) finishHandOver(now store.Instant, out *Effects) {
	if r := c.replica(c.reign.handTo); r == nil || r.acked < c.log.last || c.log.commit < c.log.last {
		return
	}
	c.ask(now, placement.Change{Kind: placement.HandOver, Node: c.reign.handTo}, out)
}

// giveUpHanding serves on when nothing has come of a hand-over: the register
// may be away. Should it take the request later, the new primary waits for
// this node to acknowledge that, or until its lease has run out.
func (c *Core) giveUpHanding(now store.Instant) {
	if c.phase == handing && now-c.reign.handSince > 2*store.Instant(c.node.timing.AskIn) {
		c.phase, c.reign.handTo = serving, 0
	}
}

// lost reports whether the replica seems to be dead.
func (r *progress) lost(now store.Instant, silence time.Duration) bool {
	return r.pair.Gone() || now-max(r.pair.Heard(), r.since) > store.Instant(silence)
}

// Committed is the number of the last entry that is known to be committed.
func (c *Core) Committed() Number { return c.log.commit }

// WhyUnacknowledged is Waiting's answer while writes are under way: nothing is amiss as
// long as Committed grows.
const WhyUnacknowledged = "a replica has not acknowledged the last writes"

// Waiting tells what keeps this primary from answering or committing at now:
// why, in a few words, and for which other node, 0 when it is none in
// particular. "" when nothing does, and at every other replica.
func (c *Core) Waiting(now store.Instant) (why string, on placement.Incarnation) {
	if c.role != RolePrimary {
		return "", 0
	}
	for _, r := range c.replicas {
		switch {
		case !r.needed():
		case r.lost(now, c.node.timing.Silence):
			return "a replica is silent, and the master has not dropped it yet", r.id
		case !r.pair.Leased(now):
			return "no lease from a replica", r.id
		case c.log.commit < c.log.last && r.acked < c.log.last:
			return WhyUnacknowledged, r.id
		case c.phase == stepping && !r.hello:
			return "a replica has not heard of its new primary", r.id
		}
	}
	switch c.phase {
	case stepping:
		return "the leases of the earlier primary run out", 0
	case handing:
		return "it is being handed over", c.reign.handTo
	default:
		return "", 0
	}
}
