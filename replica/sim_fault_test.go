package replica

import "pikv/placement"

// startFaults lets something go wrong every now and then until the cluster is
// to heal.
func (s *sim) startFaults() {
	s.every(func() int64 { return s.between(20, 300) * millisecond }, func() {
		if s.now < s.healAt {
			s.fault()
		}
	})
	s.every(func() int64 { return 50 * millisecond }, s.restartDrained)
	s.after(s.healAt+1-s.now, s.heal)
}

// duration is how long a fault lasts: none outlives the healing.
func (s *sim) duration(low, high int64) int64 {
	if s.chance(0.3) {
		high = low + (high-low)/8
	}
	return min(s.between(low, high)*millisecond, s.healAt-s.now)
}

func (s *sim) fault() {
	h := s.hosts[s.rng.IntN(simHosts)]
	other := s.rng.IntN(simHosts)
	if a, b, ok := s.inMotion(); ok && s.chance(0.5) {
		h, other = s.hosts[a], b // faults strike where something is going on
		if s.chance(0.5) {
			h, other = s.hosts[b], a
		}
	}
	switch s.rng.IntN(22) {
	case 0:
		s.cutLink(h.index, other, true, s.duration(50, 2500))
	case 1, 2:
		s.cutLink(h.index, other, false, s.duration(50, 2500))
	case 3:
		duration := s.duration(100, 2500)
		for i := range s.hosts {
			s.cutLink(h.index, i, true, duration)
		}
		if s.chance(0.5) {
			h.masterless = s.now + duration
		}
	case 4, 5:
		s.note("pause", uint64(h.index), 0, 0)
		h.node.paused = s.now + s.duration(20, 2500)
	case 6:
		s.register.leave(s.duration(100, 2000), s.chance(0.5))
	case 7:
		s.breakLink(h.index, other, 0)
	case 8:
		s.note("suspect", uint64(h.index), 0, 0)
		duration := s.duration(100, 2000)
		h.suspected = s.now + duration
		s.planner.heard(h, 0)
		s.planner.heard(h, duration)
	case 9:
		s.links[h.index][other].slow = s.now + s.duration(100, 2000)
	case 10:
		h.masterless = s.now + s.duration(100, 2000)
	case 11, 12:
		s.crash(h)
	case 13:
		s.drain(h)
	case 14, 15, 16, 17:
		s.misplan(h)
	default:
		s.planner.retarget()
	}
}

// misplan suggests any step at all: only the cores and the register decide
// what is safe.
func (s *sim) misplan(h *simHost) {
	p := placement.PartitionID(s.rng.IntN(simPartitions))
	for range simPartitions { // rather one in motion
		if len(s.register.view.Partitions[p].Learners) == 0 {
			p = (p + 1) % simPartitions
		}
	}
	config := s.register.view.Partitions[p]
	kinds := [...]placement.ChangeKind{placement.AddLearner, placement.AddLearner, placement.Promote, placement.HandOver, placement.Drop}
	for range 1 + s.rng.IntN(3) {
		s.planner.suggest(placement.Change{
			Kind: kinds[s.rng.IntN(len(kinds))], Partition: p, Epoch: config.Epoch, Asker: config.Primary, Node: h.node.inc,
		}, s.between(0, 20)*millisecond)
	}
}

// inMotion finds two machines with something under way between them.
func (s *sim) inMotion() (primary, other int, ok bool) {
	first := s.rng.IntN(simPartitions)
	for i := range simPartitions {
		config := s.register.saved.Partitions[(first+i)%simPartitions]
		for _, set := range [2][]placement.Incarnation{config.Learners, config.InSync} {
			for _, inc := range set {
				if inc != config.Primary {
					return s.procs[config.Primary].host.index, s.procs[inc].host.index, true
				}
			}
		}
	}
	return 0, 0, false
}

// crash kills a worker that is no primary; it comes back with nothing.
func (s *sim) crash(h *simHost) {
	if !h.node.alive || !s.expendable(h.node.inc) {
		return
	}
	s.note("crash", uint64(h.index), 0, 0)
	s.cover.hit(coverCrash)
	s.stop(h, s.between(50, 2000)*millisecond)
}

func (s *sim) stop(h *simHost, away int64) {
	h.node.alive = false
	s.planner.heard(h, s.between(100, 1500)*millisecond)
	s.after(away, func() {
		h.draining = false
		s.startNode(h)
		s.planner.heard(h, s.between(20, 400)*millisecond)
	})
}

// expendable reports that no partition's primary is lost with the node:
// nothing takes over from a dead primary yet.
func (s *sim) expendable(inc placement.Incarnation) bool {
	for _, v := range [...]*placement.View{s.register.saved, s.register.next} {
		for p := 0; v != nil && p < len(v.Partitions); p++ {
			if v.Partitions[p].Primary == inc {
				return false
			}
		}
	}
	return true
}

// drain has a worker emptied, unless few are left.
func (s *sim) drain(h *simHost) {
	for _, other := range s.hosts {
		if other.draining || !other.node.alive {
			return
		}
	}
	s.note("drain", uint64(h.index), 0, 0)
	h.draining = true
	s.planner.heard(h, 0)
	s.planner.retarget()
}

// restartDrained stops workers that have been emptied and starts them anew.
func (s *sim) restartDrained() {
	for _, h := range s.hosts {
		if !h.draining || !h.node.alive {
			continue
		}
		empty := s.register.next == nil
		for p := range s.register.saved.Partitions {
			empty = empty && !s.register.saved.Holds(placement.PartitionID(p), h.node.inc)
		}
		if empty {
			s.cover.hit(coverDrained)
			s.stop(h, s.between(50, 500)*millisecond)
		}
	}
}

// heal ends all faults. What is still slow or out of date must find its way.
func (s *sim) heal() {
	s.note("heal", 0, 0, 0)
	s.planner.avoid = [simPartitions][simHosts]int64{}
	s.weather.loss, s.weather.duplicate, s.weather.reorder = s.weather.loss/4, 0, 0
	s.weather.fill, s.weather.expire = 1, 0.3
	for _, h := range s.hosts {
		s.planner.heard(h, 0)
	}
	s.planner.retarget()
	s.every(func() int64 { return 1000 * millisecond }, func() {
		for _, h := range s.hosts { // crashed before, started since
			s.planner.heard(h, 0)
		}
	})
}
