package worker

import (
	"slices"
	"sync"
)

// actives are the partitions whose cores want ticks, so that time passes for
// these only: an idle worker with thousands of partitions does nothing. Safe
// for concurrent use, also under a partition's lock.
type actives struct {
	mu struct {
		sync.Mutex
		now  []*partition // being ticked, or since found idle
		next []*partition
	}
}

// add lists a partition, which its lock's holder does once until listed is
// unset.
func (a *actives) add(p *partition) {
	a.mu.Lock()
	a.mu.next = append(a.mu.next, p)
	a.mu.Unlock()
}

// empty reports that no partition is listed.
func (a *actives) empty() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.mu.next) == 0
}

// turn returns what was listed since the last turn. Who is to be ticked again
// lists itself anew.
func (a *actives) turn() []*partition {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.now, a.mu.next = a.mu.next, a.mu.now[:0]
	return a.mu.now
}

// all returns every partition that may be active, each once.
func (a *actives) all() []*partition {
	a.mu.Lock()
	list := slices.Concat(a.mu.now, a.mu.next)
	a.mu.Unlock()
	return distinct(list)
}

// distinct sorts list, which it changes, and returns each partition once.
func distinct(list []*partition) []*partition {
	slices.SortFunc(list, func(p, q *partition) int { return int(p.id) - int(q.id) })
	return slices.Compact(list)
}
