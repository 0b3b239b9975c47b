package master

import (
	"slices"
	"time"

	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// condition says how a partition is, for operators. Each has exactly one.
type condition uint8

const (
	// synced: as many in-sync replicas as wanted, all alive, nothing to do.
	synced condition = iota
	// degraded: served, by fewer than wanted, and nothing moves yet.
	degraded
	// moving: a learner is being filled, or a step of a move is due.
	moving
	// waiting: not served, until somebody comes back or takes over.
	waiting
	// lost: every in-sync replica is gone for good.
	lost
	conditions // how many there are
)

// String names the condition as a status does.
func (c condition) String() string {
	return [...]string{"synced", "degraded", "moving", "waiting", "lost"}[c]
}

// problem is a partition that an operator may want to know about.
type problem struct {
	id    placement.PartitionID
	state string   // a condition, or "frozen"
	whom  []string // the names of those that are waited for
	why   string
}

// health is how the partitions are.
type health struct {
	count [conditions]int
	// forsaken are those waiting and lost of which no in-sync replica lives, or reports: nobody
	// who is there can do anything about them.
	forsaken int
	// failing are those moving and degraded that keep failing, and stalled those of them that are moving.
	failing, stalled int
	problems         []problem // the worst first, at most wire.MaxListed
}

// synced reports whether every partition is synced.
func (h *health) synced() bool { return h.syncedBut(0) }

// syncedBut reports whether all partitions but so many are synced.
func (h *health) syncedBut(n int) bool {
	for c, others := range h.count {
		if condition(c) != synced {
			n -= others
		}
	}
	return n == 0
}

// sights is what health is made of.
type sights struct {
	state   *register.State // its view is in force
	live    []placement.Node
	heard   map[placement.Incarnation]report
	planned func(placement.PartitionID) bool
	failing map[placement.PartitionID]placement.Incarnation // what keeps failing, see planner; nil: not asked for
	now     time.Time
}

// reporting reports whether a worker has reported lately.
func (s *sights) reporting(inc placement.Incarnation) bool {
	return s.heard[inc].within(freshReport, s.now)
}

// healthOf looks at every partition. Pure.
func healthOf(s sights) health {
	v := s.state.View
	fates := register.Fates(v, s.live, s.reporting)
	alive := make(map[placement.Incarnation]bool, len(s.live))
	for _, n := range s.live {
		alive[n.Incarnation] = true
	}
	stuck := s.stuck()
	var h health
	var found [conditions][]problem
	var frozen []problem
	for i, conf := range v.Partitions {
		id := placement.PartitionID(i)
		c, p := s.look(id, fates[i], alive, stuck)
		h.count[c]++
		if _, fails := s.failing[id]; fails && (c == moving || c == degraded) {
			h.failing++
			if c == moving {
				h.stalled++
			}
		}
		if fates[i] >= register.Silent && !slices.ContainsFunc(conf.InSync, s.reporting) {
			h.forsaken++
		}
		if (c == waiting || c == lost || c == degraded) && len(found[c]) < wire.MaxListed {
			p.id, p.state = id, c.String()
			found[c] = append(found[c], p)
		}
		if s.state.IsFrozen(id) && len(frozen) < wire.MaxListed {
			whom := s.names(slices.Concat(conf.InSync, conf.Learners), func(inc placement.Incarnation) bool { return !s.heard[inc].Followed(v.MasterID) })
			frozen = append(frozen, problem{id: id, state: "frozen", whom: whom, why: "not changed until all replicas have reported to the new master"})
		}
	}
	h.problems = slices.Concat(found[waiting], found[lost], found[degraded], frozen)
	h.problems = h.problems[:min(len(h.problems), wire.MaxListed)]
	return h
}

// look returns the condition of one partition, and what to say of it.
func (s *sights) look(id placement.PartitionID, fate register.Fate, alive map[placement.Incarnation]bool, stuck map[placement.PartitionID]stuckPartition) (condition, problem) {
	v := s.state.View
	conf := v.Partitions[id]
	dead := func(inc placement.Incarnation) bool { return !alive[inc] }
	switch fate {
	case register.Lost:
		return lost, problem{whom: nil, why: "every in-sync replica was restarted and holds nothing"}
	case register.Silent:
		return waiting, problem{whom: s.names(conf.InSync, dead), why: "no in-sync replica is alive; served again when one comes back with what it held"}
	case register.Waiting:
		return waiting, problem{whom: s.names([]placement.Incarnation{conf.Primary}, dead), why: "the primary is silent; an in-sync backup can take over"}
	}
	if w, ok := stuck[id]; ok && w.primary == conf.Primary {
		return waiting, problem{whom: s.names([]placement.Incarnation{w.on}, nil), why: w.why}
	}
	there := 0
	for _, inc := range conf.InSync {
		if alive[inc] {
			there++
		}
	}
	switch {
	case len(conf.Learners) > 0:
		return moving, problem{}
	case there < v.Replicas:
		return degraded, problem{whom: s.names(conf.InSync, dead), why: "fewer in-sync replicas than wanted"}
	case len(conf.InSync) > v.Replicas || s.planned != nil && s.planned(id):
		return moving, problem{}
	default:
		return synced, problem{}
	}
}

// stuckPartition is what a primary says of a partition that it cannot serve.
type stuckPartition struct {
	primary placement.Incarnation
	on      placement.Incarnation // 0: nobody
	why     string
}

// stuck returns the partitions that their primaries say they cannot serve.
func (s *sights) stuck() map[placement.PartitionID]stuckPartition {
	all := make(map[placement.PartitionID]stuckPartition)
	for inc, r := range s.heard {
		if !s.reporting(inc) {
			continue
		}
		for _, w := range r.waiting {
			if int(w.id) < len(s.state.View.Partitions) && s.state.View.Partitions[w.id].Primary == inc {
				all[w.id] = stuckPartition{primary: inc, on: w.on, why: w.why}
			}
		}
	}
	return all
}

// names returns the names of those of incs that are wanted; nil: all. One that
// the view does not know has none.
func (s *sights) names(incs []placement.Incarnation, wanted func(placement.Incarnation) bool) []string {
	var out []string
	for _, inc := range incs {
		if n, ok := s.state.View.Node(inc); ok && (wanted == nil || wanted(inc)) {
			out = append(out, n.Name)
		}
	}
	return out
}
