package replica

import "pikv/placement"

// MoveProgress is how far the filling of one learner is.
type MoveProgress struct {
	Node        placement.Incarnation // the learner
	Done, Total int64                 // bytes of the snapshot; Done counts those acknowledged
}

// Moves returns the fills under way at this primary.
func (c *Core) Moves() []MoveProgress {
	var all []MoveProgress
	for _, r := range c.replicas {
		if r.learner && !r.failed {
			m := MoveProgress{Node: r.id}
			switch {
			case r.fill != nil:
				m.Done, m.Total = r.fill.arrived, r.fill.total
			case r.filled:
				m.Done, m.Total = c.engine.Bytes(), c.engine.Bytes()
			default:
				m.Total = c.engine.Bytes()
			}
			all = append(all, m)
		}
	}
	return all
}
