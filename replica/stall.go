package replica

import (
	"time"

	"pikv/placement"
	"pikv/store"
)

// A learner that acknowledges nothing holds one of the few moves that a node
// makes at a time, and memory of its primary's store. Silence does not end that
// when its node lives: one connection or one partition may be stuck there.

// stalls reports whether a learner, whose node lives, has acknowledged nothing
// new for Timing.Stall altogether of what this node had sent. Time in which
// nothing is to be acknowledged does not count, nor that in which a limit holds
// back what was sent; nor do pauses of this node.
func (c *Core) stalls(now store.Instant, r *progress) bool {
	spent := min(time.Duration(now-r.looked), c.node.timing.Retry)
	r.looked = now
	if r.owes() && r.left() {
		r.owed += spent
	}
	return c.node.timing.Stall > 0 && r.owed >= c.node.timing.Stall
}

// owes reports whether a learner is to acknowledge something that was sent.
func (r *progress) owes() bool {
	switch {
	case !r.learner || r.failed:
		return false
	case !r.hello:
		return true
	case r.fill != nil:
		return r.fill.flying > 0
	default:
		return r.acked < r.sent
	}
}

// left reports whether what was sent to a replica last has left this node.
func (r *progress) left() bool {
	return r.pair.flushed() && (r.fill == nil || r.pair.filled())
}

// giveUpStalled gives up a learner that stalls. One that commits need is kept as
// it is until it is dropped, so that it is none the worse if it goes on
// while the register is away.
func (c *Core) giveUpStalled(now store.Instant, r *progress, out *Effects) {
	switch {
	case !c.stalls(now, r):
	case r.synced:
		c.ask(now, placement.Change{Kind: placement.Drop, Node: r.id}, out)
	default:
		r.fail()
	}
}
