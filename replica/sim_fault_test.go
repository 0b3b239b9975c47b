package replica

import (
	"slices"

	"pikv/placement"
	"pikv/register"
)

// startFaults lets something go wrong every now and then until the cluster is
// to heal: when enough has happened.
func (s *sim) startFaults() {
	every := []int64{100, 300, 900}[s.rng.IntN(3)]
	s.every(func() int64 { return s.between(20, 2*every) * millisecond }, func() {
		if s.healing {
			return
		}
		if s.now >= s.quiet {
			s.fault()
		}
		if s.chance(0.05) {
			s.quiet = s.now + s.lasting(500, 8000) // the cluster gets to its feet, and clients do something
		}
		if s.now > s.healAt || s.calls >= simOperations && s.faults >= simFaults {
			s.heal()
		}
	})
	s.every(func() int64 { return 50 * millisecond }, s.restartDrained)
}

// lasting is how long a fault lasts.
func (s *sim) lasting(low, high int64) int64 {
	if s.chance(0.3) {
		high = low + (high-low)/8
	}
	return s.between(low, high) * millisecond
}

func (s *sim) fault() {
	h := s.hosts[s.rng.IntN(simHosts)]
	other := s.hosts[s.rng.IntN(simHosts)]
	if a, b, ok := s.inMotion(); ok && s.chance(0.6) {
		h, other = a, b // faults strike where something is going on
		if s.chance(0.5) {
			h, other = b, a
		}
	}
	if h.node == nil || other.node == nil {
		s.startNode(s.hosts[simHosts-1]) // a new worker joins
		s.cover.hit(coverJoin)
		s.planner.heard(s.hosts[simHosts-1], s.between(20, 400)*millisecond)
		s.planner.retarget()
		return
	}
	m := s.masters[s.rng.IntN(simMasters)]
	if s.strike(s.rng.IntN(34), h, other, m) {
		s.faults++
	}
}

// strike has something go wrong; false: nothing did. Among the kinds are plans,
// odd ones, too.
func (s *sim) strike(kind int, h, other *simHost, m *simMaster) bool {
	switch kind {
	case 0, 1:
		s.cutLink(h.index, other.index, true, s.lasting(50, 2500))
		return h != other
	case 2, 3, 4:
		s.cutLink(h.index, other.index, false, s.lasting(50, 2500))
		return h != other
	case 5, 6:
		s.isolate(h, s.lasting(100, 2500))
	case 7, 8, 9:
		h.node.pause(s.lasting(20, 2500))
		return h.node.alive
	case 10:
		s.breakLink(h.index, other.index, 0)
		return h != other
	case 11:
		s.suspect(h, s.lasting(100, 2000))
	case 12:
		s.links[h.index][other.index].slow = s.now + s.lasting(100, 2000)
		return h != other
	case 13:
		h.masterless = s.now + s.lasting(100, 2000)
	case 14, 15, 16, 17:
		return s.crash(h)
	case 18:
		return s.wipe()
	case 19:
		s.drain(h)
		return false
	case 20:
		s.operator.replicas = 1 + s.rng.IntN(placement.MaxReplicas)
		s.cover.hit(coverReplicas)
		s.planner.retarget()
		return false
	case 21:
		s.note("hint", uint64(h.index), uint64(other.index), 0)
		s.cover.hit(coverFalseHint)
		h.node.after(0, func() { h.node.setGone(other.node.inc) })
		return h != other
	case 22, 23:
		return s.masterFault(m)
	case 24:
		m.slow = s.now + s.lasting(500, 3000)
		return m.alive
	case 25:
		m.isolated = s.now + s.lasting(100, 2500)
		return m.alive
	case 26, 27, 28:
		s.misplan(h)
		return false
	default:
		s.planner.retarget()
		return false
	}
	return true
}

// isolate cuts a machine off from all others.
func (s *sim) isolate(h *simHost, duration int64) {
	for i := range s.hosts {
		s.cutLink(h.index, i, true, duration)
	}
	if s.chance(0.6) {
		h.masterless = s.now + duration
	}
	if s.chance(0.3) {
		s.suspect(h, duration)
	}
}

// suspect has gossip call a worker dead.
func (s *sim) suspect(h *simHost, duration int64) {
	s.note("suspect", uint64(h.index), 0, 0)
	h.suspected = s.now + duration
	s.planner.heard(h, 0)
	s.planner.heard(h, duration)
}

// masterFault strikes a master: its process, its file, or the belief that
// there is only one. false: nothing changed.
func (s *sim) masterFault(m *simMaster) bool {
	other := s.masters[1-m.index]
	switch {
	case !m.alive && other.alive && m.file == nil:
		// A second one is started elsewhere, without a file: it knows nothing.
		s.cover.hit(coverTwoMasters)
		m.start()
		for _, h := range s.hosts {
			if s.chance(0.5) {
				h.serves = m.index
			}
		}
		s.after(s.lasting(500, 4000), s.oneMaster)
	case !m.alive:
		return false
	case s.chance(0.25):
		if !s.witnessed(nil, m) {
			return false
		}
		s.cover.hit(coverFileLost)
		m.file = nil
		m.restart(s.lasting(30, 1000))
	case s.chance(0.4) && len(m.saves) > 1:
		s.cover.hit(coverFileOld)
		back := 1 + s.rng.IntN(min(8, len(m.saves)-1))
		m.file = m.saves[len(m.saves)-1-back]
		m.saves = m.saves[:len(m.saves)-back]
		m.restart(s.lasting(30, 1000))
	default:
		s.cover.hit(coverAway)
		m.restart(s.lasting(30, 2500))
	}
	return true
}

// oneMaster stops one of two masters. Its file is never used again.
func (s *sim) oneMaster() {
	a, b := s.masters[0], s.masters[1]
	if !a.alive || !b.alive {
		return
	}
	stopped, left := a, b
	if s.chance(0.5) {
		stopped, left = b, a
	}
	if !s.witnessed(nil, stopped) {
		stopped, left = left, stopped
	}
	stopped.stop()
	stopped.file, stopped.saves, stopped.override = nil, nil, false
	for _, h := range s.hosts {
		if h.serves == stopped.index {
			s.after(s.between(10, 1000)*millisecond, func() { h.serves = left.index })
		}
	}
}

// misplan suggests any step at all: only the cores and the register decide
// what is safe.
func (s *sim) misplan(h *simHost) {
	p := placement.PartitionID(s.rng.IntN(simPartitions))
	config := s.check.config[p]
	kinds := [...]placement.ChangeKind{placement.AddLearner, placement.AddLearner, placement.Promote, placement.HandOver, placement.HandOver, placement.Drop, placement.Replace}
	for range 1 + s.rng.IntN(3) {
		s.planner.suggest(placement.Change{
			Kind: kinds[s.rng.IntN(len(kinds))], Partition: p, Epoch: config.Epoch, Asker: config.Primary, Node: h.node.inc,
		}, s.between(0, 20)*millisecond)
	}
}

// inMotion finds two machines with something between them.
func (s *sim) inMotion() (primary, other *simHost, ok bool) {
	first := s.rng.IntN(simPartitions)
	for i := range simPartitions {
		config := s.check.config[(first+i)%simPartitions]
		for _, set := range [2][]placement.Incarnation{config.Learners, config.InSync} {
			for _, inc := range set {
				if inc != config.Primary {
					return s.procs[config.Primary].host, s.procs[inc].host, true
				}
			}
		}
	}
	return nil, nil, false
}

// crash kills a worker; it comes back with nothing. Mostly it is spared when
// it has the last copy of something.
func (s *sim) crash(h *simHost) (struck bool) {
	if !h.node.alive || s.lastCopy(h.node.inc) && !s.chance(0.05) {
		return false
	}
	s.note("crash", uint64(h.index), 0, 0)
	s.cover.hit(coverCrash)
	return s.stop(h, s.lasting(50, 2500))
}

// wipe kills all that have a partition in sync.
func (s *sim) wipe() (struck bool) {
	if !s.chance(0.4) {
		return false
	}
	p := s.rng.IntN(simPartitions)
	s.note("wipe", uint64(p), 0, 0)
	for _, inc := range slices.Clone(s.check.config[p].InSync) {
		if n := s.procs[inc]; n.alive {
			struck = s.stop(n.host, s.lasting(50, 2500)) || struck
		}
	}
	return struck
}

// lastCopy reports whether some partition would be lost with the node.
func (s *sim) lastCopy(inc placement.Incarnation) bool {
	for i := range s.check.config {
		if slices.Contains(s.check.config[i].InSync, inc) && !slices.ContainsFunc(s.check.config[i].InSync, func(o placement.Incarnation) bool {
			return o != inc && s.procs[o].alive
		}) {
			return true
		}
	}
	return false
}

// witnessed reports whether somebody would know of the cluster's placement still,
// without the node and without the file of the master: when nobody does, all
// that was stored is gone with it and there is nothing left to promise.
func (s *sim) witnessed(without *simNode, lost *simMaster) bool {
	for _, m := range s.masters {
		if m != lost && m.file != nil {
			return true
		}
	}
	for _, h := range s.hosts {
		if n := h.node; n != nil && n != without && n.alive && n.following.view != nil {
			return true
		}
	}
	return false
}

// stop ends a worker's process; the machine starts another one. false: it must
// not be stopped now.
func (s *sim) stop(h *simHost, away int64) bool {
	if !s.witnessed(h.node, nil) {
		return false
	}
	h.node.alive = false
	s.dies(h.node)
	s.planner.heard(h, s.between(100, 1500)*millisecond)
	s.after(away, func() {
		h.draining = false
		s.startNode(h)
		s.planner.heard(h, s.between(20, 400)*millisecond)
	})
	return true
}

// drain has a worker emptied, unless few are left.
func (s *sim) drain(h *simHost) {
	for _, other := range s.hosts {
		if other.draining || other.node != nil && !other.node.alive {
			return
		}
	}
	s.note("drain", uint64(h.index), 0, 0)
	h.draining = true
	s.planner.retarget()
}

// restartDrained stops workers that have been emptied and starts them anew.
func (s *sim) restartDrained() {
	for _, h := range s.hosts {
		if !h.draining || !h.node.alive {
			continue
		}
		held := slices.ContainsFunc(s.masters[:], func(m *simMaster) bool { return m.alive && (holds(m.file, h.node.inc) || holds(m.state, h.node.inc)) })
		for p := range s.check.config {
			held = held || names(s.check.config[p], h.node.inc)
		}
		if !held {
			s.cover.hit(coverDrained)
			s.stop(h, s.between(50, 500)*millisecond)
		}
	}
}

func holds(state *register.State, inc placement.Incarnation) bool {
	if state == nil || state.View == nil {
		return false
	}
	return slices.ContainsFunc(state.View.Partitions, func(c placement.Partition) bool { return names(c, inc) })
}

// heal ends all faults. What is still slow or out of date must find its way.
func (s *sim) heal() {
	s.note("heal", 0, 0, 0)
	s.healing, s.healAt = true, s.now
	s.planner.avoid = [simPartitions][simHosts]int64{}
	s.weather.loss, s.weather.duplicate, s.weather.reorder = s.weather.loss/4, 0, 0
	s.weather.fill, s.weather.expire = 1, 0.3
	s.operator.replicas = 1 + s.rng.IntN(placement.MaxReplicas)
	if last := s.hosts[simHosts-1]; last.node == nil {
		s.startNode(last)
	}
	s.oneMaster()
	for _, m := range s.masters {
		if m.alive {
			for _, h := range s.hosts {
				h.serves = m.index
			}
		}
	}
	s.planner.retarget()
	s.every(func() int64 { return 500 * millisecond }, func() {
		s.oneMaster()
		for _, h := range s.hosts { // crashed before, started since; suspected until now
			s.planner.heard(h, 0)
			for _, m := range s.masters {
				if m.alive {
					h.serves = m.index
				}
			}
		}
	})
}
