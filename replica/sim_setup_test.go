package replica

import (
	"fmt"
	"math/rand/v2"

	"pikv/placement"
	"pikv/register"
	"pikv/store"
)

// newSim builds a cluster in which nothing has happened yet.
func newSim(seed uint64, bug planted) *sim {
	s := &sim{
		seed: seed, planted: bug,
		rng:   rand.New(rand.NewPCG(seed, 0x70696b76)),
		procs: make(map[placement.Incarnation]*simNode),
	}
	s.healAt = 600_000 * millisecond
	s.weather = s.newWeather()
	if s.weather.evicts {
		s.weather.value *= 2
	}
	switch bug { // that show only
	case plantOldGrant, plantLearnerLease:
		s.weather.install = 1000 * millisecond // while a view is taken up
	case plantPublishFirst:
		s.weather.deaths, s.weather.grace = 0.1, 200*millisecond // when the master ends before its write does
	}
	s.weather.limits.Chunk = s.weather.limits.Batch // a chunk is to items what a batch is to entries
	if s.weather.wild {
		s.cover.hit(coverWild)
	}
	s.nameKeys()
	smallMemory, mostSmall := s.chance(0.4) || s.weather.evicts, s.weather.evicts && s.chance(0.5)
	for i := range s.hosts {
		s.hosts[i] = &simHost{index: i, name: fmt.Sprintf("w%d", i), addr: fmt.Sprintf("w%d:7700", i), small: smallMemory && (i%4 == 1 || mostSmall && i%4 < 2)}
		for j := range s.links[i] {
			s.links[i][j] = simLink{from: i, to: j}
		}
	}
	for i := range s.masters {
		s.masters[i] = &simMaster{s: s, index: i, name: fmt.Sprintf("m%d", i), state: &register.State{}}
	}
	s.check.init(s)
	for _, h := range s.hosts[:simHosts-1] {
		s.startNode(h)
	}
	s.planner.init(s)
	s.planner.retarget()
	s.operator.init(s)
	s.birth()
	for i := range s.clients {
		s.clients[i].init(s, i)
	}
	s.startFaults()
	return s
}

// birth begins the cluster.
func (s *sim) birth() {
	m := s.masters[0]
	s.operator.replicas = []int{1, 2, 2, 2, 3, 3}[s.rng.IntN(6)]
	birth := register.Birth{Cluster: "sim", Partitions: simPartitions, Replicas: s.operator.replicas}
	first, err := register.Begin(birth, m.draw(), s.planner.live())
	if err != nil {
		panic(err)
	}
	m.file, m.saves = first, []*register.State{first}
	m.state, m.reign = first, register.Reign{ID: first.View.MasterID}
	m.start()
	m.open = true
}

func (s *sim) newWeather() simWeather {
	pick := func(values ...float64) float64 { return values[s.rng.IntN(len(values))] }
	return simWeather{
		loss:      pick(0, 0, 0.004, 0.02, 0.05),
		relink:    pick(1, 0.9, 0.6),
		duplicate: pick(0, 0.01, 0.05),
		reorder:   pick(0, 0.01, 0.1),
		delay:     s.between(1, int64(pick(5, 5, 40))) * millisecond / 2,
		jitter:    s.between(0, 6) * millisecond / 2,
		install:   int64(pick(15, 15, 400)) * millisecond,
		think:     s.between(1, int64(pick(4, 10, 15, 30))) * millisecond,
		value:     int64(pick(100, 100, 500)),
		hop:       s.between(1, 4) * millisecond,
		hot:       pick(0, 0.5, 0.9),
		fill:      pick(0.1, 0.5, 1),
		expire:    pick(0, 0.03, 0.3),
		boundary:  pick(0, 0.0003, 0.001),
		deaths:    0.012,
		grace:     []int64{200, 3000, 3000}[s.seed%3] * millisecond,
		wild:      s.chance(0.08),
		limits: Limits{
			Batch:    int(pick(100, 300, 4096)),
			Body:     int(pick(60, 200, 1<<20, 1<<20)),
			Window:   int(pick(300, 1000, 1<<20)),
			Lag:      int(pick(0, 300, 4096)),
			Log:      int(pick(1500, 5000, 1<<20, 1<<20)),
			Records:  int(pick(2, 8, 1024)),
			Sessions: int(pick(8, 8192)),
			Value:    int(pick(250, 1<<20, 1<<20)),
			Keys:     2,
		},
		nameless: pick(0, 0, 0.1, 0.4),
		evicts:   s.seed%5 == 0, // not drawn, so that other schedules are what they were without
	}
}

// nameKeys finds keys for each partition, some to count with, some whose
// values may have a time to live.
func (s *sim) nameKeys() {
	var found [simPartitions]int
	for n, missing := 0, simPartitions*simKeys; missing > 0; n++ {
		key := fmt.Sprintf("k%d", n)
		p := placement.PartitionOf([]byte(key), simPartitions)
		if k := found[p]; k < simKeys {
			s.keys[p][k] = simKey{name: key, counter: k == 1, mortal: k >= 2, persisted: k == persistedKey}
			found[p]++
			missing--
		}
	}
}

// smallRoom is room for an entry of the usual size and half a client's record,
// in bytes: a small node has a few of it.
const smallRoom = 318

// startNode starts a worker on h as a new incarnation that holds nothing.
func (s *sim) startNode(h *simHost) {
	limit := int64(1 << 20)
	if h.small {
		limit = s.between(8, 40) * smallRoom
		if s.weather.evicts { // what is remembered of clients cannot be evicted
			limit *= 2
			if s.seed%10 == 0 { // but much has to be
				limit = limit * 7 / 10
			}
		}
	}
	n := &simNode{
		s: s, host: h, alive: true, born: s.now,
		inc:    placement.Incarnation(s.rng.Uint64() | 1),
		origin: store.Instant(s.between(1, 1<<50)),
		drift:  s.between(-10_000, 10_001),
		memory: store.NewMemory(limit),
		pairs:  make(map[placement.Incarnation]*simPair),
		polled: s.between(200, 600) * millisecond,
	}
	if s.weather.wild {
		n.drift = s.between(-400_000, 400_000)
	}
	if s.planted == plantOldIncarnation && h.node != nil {
		n.inc = h.node.inc
	}
	shared := NewNode(n.inc, n.memory, n, s.timing(), s.weather.limits)
	for p := range n.cores {
		n.engines[p] = store.New(n.memory)
		n.cores[p] = New(placement.PartitionID(p), n.engines[p], shared)
	}
	h.node = n
	s.procs[n.inc] = n
	s.started = append(s.started, n)
	s.note("start", uint64(h.index), uint64(n.inc), 0)
	n.loop()
}

// timing is the real one, but for what would take longer than most schedules.
func (s *sim) timing() Timing {
	t := DefaultTiming()
	t.Stall = 1_000_000_000
	t.Forget = 30_000_000_000
	if s.weather.evicts {
		t.Evict = 2_000_000_000
	}
	return t
}
