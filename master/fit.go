package master

import (
	"slices"

	"pikv/autoscale"
	"pikv/placement"
)

// What workers do when their memory is full, as --eviction spells it.
const (
	evictionNone = "none"
	evictionLRU  = "lru"
)

// room estimates which workers can take more. A partition is expected to be as
// large as the mean of the copies that its primary's worker has. Not safe for concurrent use.
type room struct {
	view   *placement.View
	heard  map[placement.Incarnation]report
	copies map[placement.Incarnation]int64 // in sync, by worker
	free   map[placement.Incarnation]int64 // bytes, by worker with a known capacity that does not make room for more
}

// newRoom reads off what every worker has free, less what the fills that are
// under way may still take.
func newRoom(v *placement.View, heard map[placement.Incarnation]report) *room {
	r := &room{
		view:   v,
		heard:  heard,
		copies: make(map[placement.Incarnation]int64),
		free:   make(map[placement.Incarnation]int64),
	}
	for _, conf := range v.Partitions {
		for _, inc := range conf.InSync {
			r.copies[inc]++
		}
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
	if n := r.copies[primary]; n > 0 {
		return r.heard[primary].used / n
	}
	return 0
}

// fits reports whether p fits on worker inc.
func (r *room) fits(p placement.PartitionID, inc placement.Incarnation) bool {
	free, known := r.free[inc]
	need := r.expected(p)
	return !known || need == 0 || need <= free
}

// tight reports whether worker inc's memory is under pressure.
func (r *room) tight(inc placement.Incarnation) bool {
	n, _ := r.view.Node(inc)
	_, known := r.free[inc]
	return known && float64(r.heard[inc].used) >= autoscale.Pressure*float64(n.Capacity)
}

// take reports whether p fits on worker inc, and if so counts it as there.
func (r *room) take(p placement.PartitionID, inc placement.Incarnation) bool {
	if !r.fits(p, inc) {
		return false
	}
	if _, known := r.free[inc]; known {
		r.free[inc] -= r.expected(p)
	}
	return true
}

// pressing returns which partitions of v cannot stay as they are: they are short of
// replicas, or have one on a worker that leaves.
func pressing(v *placement.View) []bool {
	active := make(map[placement.Incarnation]bool, len(v.Nodes))
	for _, n := range v.Nodes {
		active[n.Incarnation] = n.State == placement.NodeActive
	}
	all := make([]bool, len(v.Partitions))
	for p, conf := range v.Partitions {
		all[p] = len(conf.InSync) < v.Replicas || slices.ContainsFunc(conf.InSync, func(inc placement.Incarnation) bool { return !active[inc] })
	}
	return all
}

// rowsFor returns target for the partitions of v, with the fall-backs only for those
// that are pressed. Any other one stays where it is until its place can be had,
// instead of moving twice. Fall-backs go before who has no room; and before everybody who
// holds nothing yet while they are being filled, since room comes and goes with each write.
func rowsFor(v *placement.View, target [][]string, pressed []bool, alive map[string]placement.Incarnation, fits func(placement.PartitionID, placement.Incarnation) bool) [][]string {
	rows := slices.Clone(target)
	for p, conf := range v.Partitions {
		if !pressed[p] {
			rows[p] = rows[p][:min(v.Replicas, len(rows[p]))]
			continue
		}
		var first, last []string
		for _, name := range rows[p] {
			inc, id := alive[name], placement.PartitionID(p)
			if inc == 0 || v.Holds(id, inc) || len(conf.Learners) == 0 && fits(id, inc) {
				first = append(first, name)
			} else {
				last = append(last, name)
			}
		}
		if len(last) > 0 {
			rows[p] = append(first, last...)
		}
	}
	return rows
}
