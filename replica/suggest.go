package replica

import (
	"slices"

	"pikv/placement"
	"pikv/store"
)

// request is a change of the partition that the register was asked for, at the
// epoch in force.
type request struct {
	node placement.Incarnation
	at   store.Instant
	kind placement.ChangeKind
}

// maxAsked bounds the requests that a Core remembers.
const maxAsked = 8

// ask asks the register for a change of this partition, but repeats a
// request that is still unanswered only after a while. Several different ones
// may be under way: the first that the register takes makes the others stale.
func (c *Core) ask(now store.Instant, change placement.Change, out *Effects) {
	change.Partition, change.Epoch, change.Asker = c.id, c.config.Epoch, c.node.self
	i := slices.IndexFunc(c.asked, func(r request) bool { return r.kind == change.Kind && r.node == change.Node })
	switch {
	case i >= 0 && now-c.asked[i].at < store.Instant(c.node.timing.AskIn):
		return
	case i >= 0:
		c.asked[i].at = now
	case len(c.asked) == maxAsked:
		c.asked = c.asked[:0]
		fallthrough
	default:
		c.asked = append(c.asked, request{kind: change.Kind, node: change.Node, at: now})
	}
	out.Requests = append(out.Requests, change)
}

// Suggest takes up a step that the master plans for this partition. The
// master repeats it until the view moves on; one that no longer fits is
// ignored.
func (c *Core) Suggest(now store.Instant, change placement.Change, out *Effects) {
	if c.role != RolePrimary || change.Epoch != c.config.Epoch || c.phase != serving {
		return
	}
	switch change.Kind {
	case placement.AddLearner, placement.Drop:
		if change.Node != c.node.self {
			c.ask(now, change, out)
		}
	case placement.HandOver:
		if r := c.replica(change.Node); r != nil && !r.learner && !r.failed && c.reign.handTo != change.Node {
			// The answer to the probe shows that it lives, and only then the
			// partition stops serving: handed to a node that has just died it
			// would have nobody who serves it.
			c.reign.handTo = change.Node
			c.probe(now, r, out)
		}
	}
}
