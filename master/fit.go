package master

import (
	"pikv/placement"
)

// What workers do when their memory is full, as --eviction spells it.
const (
	evictionNone = "none"
	evictionLRU  = "lru"
)

// room estimates which workers can take more. A partition is expected to be as
// large as the mean of its primary's. Not safe for concurrent use.
type room struct {
	view      *placement.View
	heard     map[placement.Incarnation]report
	primaries map[placement.Incarnation]int64
	free      map[placement.Incarnation]int64 // bytes, by worker with a known capacity that does not make room for more
}

// newRoom reads off what every worker has free, less what the fills that are
// under way may still take.
func newRoom(v *placement.View, heard map[placement.Incarnation]report) *room {
	r := &room{
		view:      v,
		heard:     heard,
		primaries: make(map[placement.Incarnation]int64),
		free:      make(map[placement.Incarnation]int64),
	}
	for _, conf := range v.Partitions {
		r.primaries[conf.Primary]++
	}
	for _, n := range v.Nodes {
		if n.Capacity > 0 && heard[n.Incarnation].eviction != evictionLRU {
			r.free[n.Incarnation] = n.Capacity - heard[n.Incarnation].used
		}
	}
	for p, conf := range v.Partitions {
		for _, inc := range conf.Learners {
			if _, known := r.free[inc]; known {
				r.free[inc] -= r.expected(placement.PartitionID(p))
			}
		}
	}
	return r
}

// expected estimates the bytes of partition p.
func (r *room) expected(p placement.PartitionID) int64 {
	primary := r.view.Partitions[p].Primary
	if n := r.primaries[primary]; n > 0 {
		return r.heard[primary].used / n
	}
	return 0
}

// take reports whether p fits on worker inc, and if so counts it as there.
func (r *room) take(p placement.PartitionID, inc placement.Incarnation) bool {
	free, known := r.free[inc]
	need := r.expected(p)
	if !known || need > 0 && need > free {
		return !known
	}
	r.free[inc] = free - need
	return true
}

// fitting returns the changes of a plan without the learners for which there
// is no room, and how many those were.
func fitting(plan []placement.Change, r *room) (fit []placement.Change, left int) {
	for _, c := range plan {
		if c.Kind == placement.AddLearner && !r.take(c.Partition, c.Node) {
			left++
			continue
		}
		fit = append(fit, c)
	}
	return fit, left
}
