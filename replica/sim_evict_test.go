package replica

import (
	"bytes"

	"pikv/placement"
	"pikv/store"
)

// reserve is how much of its memory a node keeps free: more than a real one, in
// which it is room for many writes.
func (n *simNode) reserve() int64 { return n.memory.Limit() / 3 }

// room is what this node tells another of its memory.
func (n *simNode) room(to placement.Incarnation) (room, keep int64) {
	if !n.s.weather.evicts {
		return max(n.memory.Limit()-n.memory.Used(), 0) / simHosts, 0
	}
	return Allot(n.memory, n.reserve()+n.short.Wanted(), simHosts/2, n.part(to))
}

// part is which part of what lies here another node leads.
func (n *simNode) part(leader placement.Incarnation) float64 {
	var led, all int64
	for p := range n.cores {
		bytes := n.engines[p].Bytes()
		all += bytes
		if n.cores[p].Config().Primary == leader {
			led += bytes
		}
	}
	return float64(led) / float64(max(all, 1))
}

// evict does some of what is missing: first for the others, for that makes room
// here, too.
func (n *simNode) evict() {
	s := n.s
	if !s.weather.evicts {
		return
	}
	if s.chance(0.1) {
		n.memory.Tick()
	}
	const tries = 6
	for _, pair := range n.known {
		for i := 0; i < tries && pair.Lacks() > 0; i++ {
			if n.evictOne(pair.peer) {
				s.cover.hit(coverEvictedForOther)
			}
		}
	}
	for i := 0; i < tries && n.short.Own(n.memory, n.reserve(), n.part(n.inc)) > 0; i++ {
		n.evictOne(n.inc)
	}
}

// evictOne evicts a key of some partition that lies at a node.
func (n *simNode) evictOne(at placement.Incarnation) bool {
	s := n.s
	p := placement.PartitionID(s.rng.IntN(simPartitions))
	c := n.cores[p]
	if c.Role() != RolePrimary || !names(c.Config(), at) {
		return false
	}
	random, sample, freed := s.rng.Uint64(), 1+s.rng.IntN(3), int64(0)
	n.step(p, func(c *Core, now store.Instant, out *Effects) {
		if s.planted == plantEarlyEviction {
			defer s.plantEarlyEviction(c, random, sample)()
		}
		freed = c.Evict(now, random, sample, out)
	})
	n.short.Evicted(freed)
	if freed > 0 {
		s.cover.hit(coverEvicted)
		s.note("evict", uint64(n.host.index), uint64(p), uint64(freed))
	}
	return freed > 0
}

// plantEarlyEviction returns what removes at once what is about to be evicted.
func (s *sim) plantEarlyEviction(c *Core, random uint64, sample int) func() {
	it, _, ok := c.engine.Coldest(random, sample)
	key, last := bytes.Clone(it.Key), c.log.last
	return func() {
		if ok && c.log.last > last {
			c.engine.Delete(key)
		}
	}
}
