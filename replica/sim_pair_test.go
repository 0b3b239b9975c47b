package replica

import (
	"slices"

	"pikv/placement"
	"pikv/store"
)

// simPair is a node's pair with another one.
type simPair struct {
	*Pair
	peer placement.Incarnation
}

// setQueued says how much waits, whatever was queued before.
func (p *Pair) setQueued(bytes int64) { p.queued.Store(bytes) }

// Pair is for the cores.
func (n *simNode) Pair(inc placement.Incarnation) *Pair {
	known := n.pairs[inc]
	if known == nil {
		known = &simPair{Pair: NewPair(n.clock()), peer: inc}
		n.pairs[inc] = known
		n.known = append(n.known, known)
	}
	return known.Pair
}

func names(config placement.Partition, inc placement.Incarnation) bool {
	return slices.Contains(config.InSync, inc) || slices.Contains(config.Learners, inc)
}

func inSync(config *placement.Partition, inc placement.Incarnation) bool {
	return slices.Contains(config.InSync, inc)
}

// ask asks all that a partition led here is shared with for a lease.
func (n *simNode) ask() {
	var asked []placement.Incarnation
	for _, c := range n.cores {
		if c.Role() != RolePrimary {
			continue
		}
		config := c.Config()
		for _, set := range [2][]placement.Incarnation{config.InSync, config.Learners} {
			for _, inc := range set {
				if inc != n.inc && !slices.Contains(asked, inc) {
					asked = append(asked, inc)
				}
			}
		}
	}
	const ample = store.Instant(350 * millisecond)
	for _, inc := range asked {
		now := n.clock()
		n.s.sendBeat(n, inc, &Beat{Ask: now, Prompt: !n.Pair(inc).Leased(now + ample)})
	}
}

// onBeat answers a request for a lease, at once or up to a beat later, and
// counts a grant.
func (n *simNode) onBeat(from placement.Incarnation, b *Beat) {
	now := n.clock()
	switch ask := b.Ask; {
	case ask == 0:
	case b.Prompt:
		n.grant(from, ask)
	default:
		n.after(n.s.between(0, int64(DefaultTiming().Beat)), func() { n.grant(from, ask) })
	}
	if b.Grant == 0 {
		return
	}
	pair := n.Pair(from)
	pair.SetRoom(b.Room, b.Keep)
	if !n.following.standing.Covers(b.Master, b.View) && n.s.planted != plantAnyGrant {
		n.s.cover.hit(coverGrantOfLaterView)
		return
	}
	asked := b.Grant
	if n.s.planted == plantLeaseFromReceipt {
		asked = now
	}
	if pair.Grant(now, asked, DefaultTiming().Lease) {
		n.s.cover.hit(coverLeaseRenewed)
		n.nudge(from)
	}
}

// grant answers a request for a lease, in the name of the view that is being
// taken up by then.
func (n *simNode) grant(to placement.Incarnation, asked store.Instant) {
	if n.following.begun == 0 {
		return
	}
	id, view := n.following.id, n.following.begun
	n.s.plantInGrant(n, &id, &view)
	room, keep := n.room(to)
	n.s.sendBeat(n, to, &Beat{Grant: asked, Master: id, View: view, Room: room, Keep: keep})
}

// dies lets the others find out that a process is gone: its connections end
// and new ones are refused.
func (s *sim) dies(n *simNode) {
	for _, h := range s.hosts {
		other := h.node
		if other == nil || other == n || !s.chance(0.7) {
			continue
		}
		other.after(s.between(5, 250)*millisecond, func() {
			if !s.isCut(other, n) && !s.isCut(n, other) {
				other.setGone(n.inc)
			}
		})
	}
}

func (n *simNode) setGone(peer placement.Incarnation) {
	if known := n.pairs[peer]; known != nil {
		known.SetGone()
		n.nudge(peer)
	}
}
