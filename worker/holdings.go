package worker

import (
	"math/rand/v2"
	"slices"
	"time"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

// weighEvery is how often it is found out anew which partitions hold how much,
// while memory is short.
const weighEvery = time.Second

// holdings is what lies at this worker, by who can evict it.
type holdings struct {
	at    store.Instant
	led   map[placement.Incarnation]*choice // of the partitions led here, those that a node holds
	bytes map[placement.Incarnation]int64   // of what lies here, by who leads it
	total int64
}

// part is the part of what lies here that a node leads.
func (h *holdings) part(leader placement.Incarnation) float64 {
	return float64(h.bytes[leader]) / float64(max(h.total, 1))
}

// holdings returns them as they were not long ago.
func (e *evictor) holdings() *holdings {
	now := e.w.now()
	if h := e.held.Load(); h != nil && now-h.at < store.Instant(weighEvery) {
		return h
	}
	h := &holdings{at: now, led: make(map[placement.Incarnation]*choice), bytes: make(map[placement.Incarnation]int64)}
	if t := e.w.table.Load(); t != nil {
		for i := range t.partitions {
			h.weigh(&t.partitions[i])
		}
	}
	e.held.Store(h)
	return h
}

// weigh adds a partition.
func (h *holdings) weigh(p *partition) {
	p.look(func(c *replica.Core) {
		if c.Role() == replica.RoleNone || p.engine.Len() == 0 {
			return
		}
		config, bytes := c.Config(), p.engine.Bytes()
		h.total += bytes
		h.bytes[config.Primary] += bytes
		if c.Role() != replica.RolePrimary {
			return
		}
		for _, holder := range slices.Concat(config.InSync, config.Learners) {
			if h.led[holder] == nil {
				h.led[holder] = &choice{}
			}
			h.led[holder].add(p, bytes)
		}
	})
}

// choice is partitions to choose from, each as often as it is large.
type choice struct {
	partitions []*partition
	upTo       []int64 // the bytes of it and of all before it
}

func (c *choice) add(p *partition, bytes int64) {
	c.partitions = append(c.partitions, p)
	if n := len(c.upTo); n > 0 {
		bytes += c.upTo[n-1]
	}
	c.upTo = append(c.upTo, bytes)
}

// pick returns one of them; there must be some.
func (c *choice) pick() *partition {
	at := rand.Int64N(c.upTo[len(c.upTo)-1]) + 1
	i, _ := slices.BinarySearch(c.upTo, at)
	return c.partitions[i]
}
