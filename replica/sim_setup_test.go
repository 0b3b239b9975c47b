package replica

import (
	"fmt"
	"math/rand/v2"

	"pikv/placement"
	"pikv/store"
)

// simHost is a machine: what stays when its worker is restarted.
type simHost struct {
	index int
	name  string
	small bool     // little memory
	node  *simNode // its worker; the last one while none runs

	draining   bool
	masterless int64 // until then it does not reach the master
	suspected  int64 // until then gossip says that it is dead
}

// newSim builds a cluster in which nothing has happened yet.
func newSim(seed uint64, bug planted) *sim {
	s := &sim{
		seed: seed, planted: bug,
		rng:   rand.New(rand.NewPCG(seed, 0x70696b76)),
		procs: make(map[placement.Incarnation]*simNode),
	}
	s.healAt = s.between(4000, 8000) * millisecond
	s.endAt = s.healAt + 20_000*millisecond
	s.weather = s.newWeather()
	s.nameKeys()
	smallMemory := s.chance(0.4)
	for i := range s.hosts {
		s.hosts[i] = &simHost{index: i, name: fmt.Sprintf("w%d", i), small: smallMemory && i%4 == 1}
		for j := range s.links[i] {
			s.links[i][j] = simLink{from: i, to: j}
		}
	}
	for _, h := range s.hosts {
		s.startNode(h)
	}
	s.check.init(s)
	s.planner.init(s)
	s.register.init(s)
	for i := range s.clients {
		s.clients[i].init(s, i)
	}
	s.startFaults()
	return s
}

func (s *sim) newWeather() simWeather {
	pick := func(values ...float64) float64 { return values[s.rng.IntN(len(values))] }
	return simWeather{
		loss:      pick(0, 0, 0.004, 0.02),
		relink:    pick(1, 0.9, 0.6),
		duplicate: pick(0, 0.01, 0.05),
		reorder:   pick(0, 0.01, 0.1),
		delay:     s.between(1, int64(pick(5, 5, 40))) * millisecond / 2,
		jitter:    s.between(0, 6) * millisecond / 2,
		think:     s.between(1, int64(pick(10, 30, 30, 300))) * millisecond,
		value:     int64(pick(100, 100, 500)),
		hop:       s.between(1, 4) * millisecond,
		hot:       pick(0, 0.5, 0.9),
		fill:      pick(0.1, 0.5, 1),
		expire:    pick(0, 0.03, 0.3),
		limits: Limits{
			Batch:  int(pick(100, 300, 4096)),
			Window: int(pick(300, 1000, 1<<20)),
			Lag:    int(pick(0, 300, 4096)),
			Log:    int(pick(1000, 4000, 1<<20, 1<<20)),
		},
	}
}

// nameKeys finds keys for each partition.
func (s *sim) nameKeys() {
	var found [simPartitions]int
	for n, missing := 0, simPartitions*simKeys; missing > 0; n++ {
		key := fmt.Sprintf("k%d", n)
		p := placement.PartitionOf([]byte(key), simPartitions)
		if found[p] < simKeys {
			s.keys[p][found[p]] = key
			found[p]++
			missing--
		}
	}
}

// startNode starts a worker on h as a new incarnation that holds nothing.
func (s *sim) startNode(h *simHost) {
	limit := int64(1 << 20)
	if h.small {
		limit = s.between(2, 10) * store.Cost(8, 150)
	}
	n := &simNode{
		s: s, host: h, alive: true, born: s.now,
		inc:    placement.Incarnation(s.rng.Uint64() | 1),
		origin: store.Instant(s.between(1, 1<<50)),
		drift:  s.between(-10_000, 10_001),
		memory: store.NewMemory(limit),
		heard:  make(map[placement.Incarnation]store.Instant),
		polled: s.between(200, 600) * millisecond,
	}
	if s.planted == plantOldIncarnation && h.node != nil {
		n.inc = h.node.inc
	}
	timing := DefaultTiming()
	for p := range n.cores {
		n.engines[p] = store.New(n.memory)
		n.cores[p] = New(placement.PartitionID(p), n.inc, n.engines[p], n.memory, timing, s.weather.limits)
	}
	h.node = n
	s.procs[n.inc] = n
	s.note("start", uint64(h.index), uint64(n.inc), 0)
	n.loop()
}
