package replica

import (
	"pikv/placement"
	"pikv/store"
)

// learn takes up a view, newer or older, from wherever. Each partition has a
// lock of its own at a real worker, so they need not follow together.
func (n *simNode) learn(v *placement.View) {
	if n.view == nil || v.Epoch > n.view.Epoch {
		n.view = v
	} else if v.Epoch < n.view.Epoch {
		n.s.cover.hit(coverOldView)
	}
	for i := range v.Partitions {
		p, config := placement.PartitionID(i), v.Partitions[i]
		adopt := func() {
			n.step(p, func(c *Core, now store.Instant, out *Effects) { c.Adopt(now, config, out) })
		}
		if n.s.chance(0.7) {
			adopt()
		} else {
			n.after(n.s.between(0, 15)*millisecond, adopt)
		}
	}
}

// want fetches views until one reaches epoch.
func (n *simNode) want(epoch placement.Epoch, from placement.Incarnation) {
	n.wanted = max(n.wanted, epoch)
	if n.fetching || n.behind() == false {
		return
	}
	n.fetching = true
	n.fetch(from)
	n.after(n.s.between(30, 90)*millisecond, func() {
		n.fetching = false
		n.want(n.wanted, 0)
	})
}

func (n *simNode) behind() bool { return n.view == nil || n.view.Epoch < n.wanted }

// fetch asks another node, or the master, for its view.
func (n *simNode) fetch(from placement.Incarnation) {
	s := n.s
	peer := s.procs[from]
	if peer == nil && s.chance(0.3) {
		peer = s.hosts[s.rng.IntN(simHosts)].node
	}
	n.after(s.between(1, 15)*millisecond, func() {
		var v *placement.View
		switch {
		case s.chance(0.05):
		case peer == nil || peer == n:
			v = s.register.answer()
		case peer.alive && peer.paused <= s.now && !s.isCut(n, peer) && !s.isCut(peer, n):
			v = peer.view
		}
		if v != nil {
			n.learn(v)
		}
	})
}
