package replica

import (
	"pikv/placement"
	"pikv/store"
)

// simFollower is a node's side of the register: whom it follows, and the view
// that it holds.
type simFollower struct {
	followed placement.MasterID // 0: nobody yet
	view     *placement.View    // the newest that it took up, nil for none
	claimed  bool               // the followed master has heard of the view held here

	id       placement.MasterID // with begun: the view whose taking up has begun, which grants name
	begun    placement.Epoch
	standing Standing
	given    [simPartitions]placement.Epoch // configurations last handed to the cores
	taking   bool                           // a view is being taken up
	waiting  []*placement.View              // came meanwhile

	wanted   placement.Epoch
	fetching bool
}

// learn takes up a view, newer or older, from wherever, as the real worker
// does: one after another, and only those of the register that it follows.
func (n *simNode) learn(v *placement.View) {
	f := &n.following
	if f.taking {
		f.waiting = append(f.waiting, v)
		return
	}
	old := f.view
	switch {
	case f.followed != 0 && f.followed != v.MasterID:
		n.s.cover.hit(coverOtherMaster)
		return
	case old != nil && old.MasterID == v.MasterID && v.Epoch <= old.Epoch:
		if v.Epoch < old.Epoch {
			n.s.cover.hit(coverOldView)
		}
		return
	case old != nil && old.MasterID != v.MasterID && !f.claimed:
		n.s.cover.hit(coverUnheard)
		return
	}
	f.followed, f.view, f.taking = v.MasterID, v, true
	f.id, f.begun = v.MasterID, v.Epoch
	n.install(v, 0)
}

// install hands the configurations to the cores, one after another: each has
// a lock of its own, and much can happen in between.
func (n *simNode) install(v *placement.View, next int) {
	f := &n.following
	for ; next < simPartitions; next++ {
		if n.paused > n.s.now || n.s.chance(0.15) {
			at := next
			n.after(n.s.between(0, n.s.weather.install), func() { n.install(v, at) })
			return
		}
		p, config := placement.PartitionID(next), v.Partitions[next]
		if f.given[p] >= config.Epoch {
			continue
		}
		f.given[p] = config.Epoch
		n.s.plantInConfig(n, p, &config)
		if n.s.verbose != nil {
			n.s.verbose("%12.6f %s adopts %d: %+v", float64(n.s.now)/1e9, n.host.name, p, config)
		}
		n.step(p, func(c *Core, now store.Instant, out *Effects) { c.Adopt(now, config, out) })
		if !n.alive {
			return
		}
	}
	f.standing.Installed(v.MasterID, v.Epoch)
	f.taking = false
	waiting := f.waiting
	f.waiting = nil
	for _, w := range waiting {
		n.learn(w)
	}
}

// want fetches views until one reaches epoch.
func (n *simNode) want(epoch placement.Epoch, from placement.Incarnation) {
	f := &n.following
	f.wanted = max(f.wanted, epoch)
	if f.fetching || !f.behind() {
		return
	}
	f.fetching = true
	n.fetch(from)
	n.after(n.s.between(30, 90)*millisecond, func() {
		f.fetching = false
		n.want(f.wanted, 0)
	})
}

func (f *simFollower) behind() bool { return f.view == nil || f.view.Epoch < f.wanted }

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
			if m := s.masterOf(n); m != nil {
				v = m.view()
			}
		case peer.alive && peer.paused <= s.now && !s.isCut(n, peer) && !s.isCut(peer, n):
			v = peer.following.view
		}
		if v != nil {
			n.learn(v)
		}
	})
}
