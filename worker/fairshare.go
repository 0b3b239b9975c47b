package worker

import "pikv/placement"

// flow is a sender of snapshots with one of its learners.
type flow struct{ from, to placement.Incarnation }

// flows counts the partitions that each sender fills at each learner.
func flows(view *placement.View) map[flow]int {
	fills := make(map[flow]int)
	for i := range view.Partitions {
		p := &view.Partitions[i]
		for _, learner := range p.Learners {
			fills[flow{p.Primary, learner}]++
		}
	}
	return fills
}

// fairShares divides the rate for background streams among flows, so that no
// sender sends and no learner gets more than limit together, and as evenly by
// partition as that allows: what one flow cannot use, since its other end is the
// narrower one, goes to others (max-min fairness). All nodes compute the same
// from the same view.
//
// It fills all flows evenly, like vessels, until a node has no more; the flows of
// that node are done, and the others go on.
func fairShares(fills map[flow]int, limit int64) map[flow]int64 {
	type port struct {
		node   placement.Incarnation
		learns bool
	}
	type space struct {
		left   float64 // of the limit
		weight int     // partitions of the flows that are not done
	}
	ports := make(map[port]*space)
	ends := func(f flow) [2]*space {
		var both [2]*space
		for i, at := range [2]port{{node: f.from}, {node: f.to, learns: true}} {
			if ports[at] == nil {
				ports[at] = &space{left: float64(limit)}
			}
			both[i] = ports[at]
		}
		return both
	}
	open := make(map[flow]int, len(fills))
	for f, n := range fills {
		open[f] = n
		for _, end := range ends(f) {
			end.weight += n
		}
	}
	shares := make(map[flow]int64, len(fills))
	level := 0.0 // of each partition
	for len(open) > 0 {
		var narrowest *space
		for _, p := range ports {
			if p.weight > 0 && (narrowest == nil || p.left*float64(narrowest.weight) < narrowest.left*float64(p.weight)) {
				narrowest = p
			}
		}
		step := max(narrowest.left/float64(narrowest.weight), 0)
		level += step
		for _, p := range ports {
			p.left -= step * float64(p.weight)
		}
		for f, n := range open {
			both := ends(f)
			if both[0] != narrowest && both[1] != narrowest {
				continue
			}
			shares[f] = int64(level * float64(n))
			delete(open, f)
			for _, end := range both {
				end.weight -= n
			}
		}
	}
	return shares
}
