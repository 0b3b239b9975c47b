package replica

import (
	"fmt"
	"slices"

	"pikv/placement"
)

// settled drives the end: the target is reached, clients finish, every key is
// read back, and what has a deadline goes.
func (s *sim) settled() bool { return s.unsettled() == "" }

// unsettled says what is still missing, "" when nothing is: every partition
// is where the target wants it, and nowhere else.
func (s *sim) unsettled() string {
	var m *simMaster
	for _, one := range s.masters {
		if one.view() != nil {
			m = one
		}
	}
	if m == nil {
		return "no master has a view in force"
	}
	if len(m.state.Frozen) > 0 {
		return fmt.Sprintf("frozen: %v", m.state.Frozen)
	}
	view := m.state.View
	if view.Replicas != s.operator.replicas {
		return fmt.Sprintf("%d replicas are aimed at, not %d", view.Replicas, s.operator.replicas)
	}
	for i := range view.Partitions {
		if why := s.misplaced(view, placement.PartitionID(i)); why != "" {
			return why
		}
	}
	return s.check.unclosed()
}

// misplaced says what is wrong with one partition.
func (s *sim) misplaced(view *placement.View, p placement.PartitionID) string {
	config := view.Partitions[p]
	primary := s.procs[config.Primary]
	var wanted []placement.Incarnation
	for _, name := range s.planner.target[p][:min(view.Replicas, len(s.planner.target[p]))] {
		for _, h := range s.hosts {
			if h.name == name && h.node != nil {
				wanted = append(wanted, h.node.inc)
			}
		}
	}
	slices.Sort(wanted)
	switch {
	case primary.host.name != s.planner.target[p][0] || !slices.Equal(config.InSync, wanted) || len(config.Learners) > 0:
		return fmt.Sprintf("partition %d is %+v, not at %v", p, config, s.planner.target[p])
	case !primary.cores[p].Serves(primary.clock()):
		why, on := primary.cores[p].Waiting(primary.clock())
		return fmt.Sprintf("partition %d does not serve at %s, phase %d: %s %v", p, primary.host.name, primary.cores[p].phase, why, on)
	}
	for _, h := range s.hosts {
		n := h.node
		if n == nil || !n.alive || h.draining {
			return h.name + " is not back"
		}
		switch c := n.cores[p]; {
		case slices.Contains(config.InSync, n.inc) && c.Config().Epoch != config.Epoch:
			return fmt.Sprintf("%s has epoch %d of partition %d, not %d", h.name, c.Config().Epoch, p, config.Epoch)
		case !slices.Contains(config.InSync, n.inc) && (c.Role() != RoleNone || n.engines[p].Len() > 0):
			return fmt.Sprintf("%s still holds partition %d", h.name, p)
		}
	}
	return ""
}

// unclosed ends the clients and reads everything back.
func (ck *simChecker) unclosed() string {
	s := ck.s
	if !ck.closing {
		if s.now < s.healAt+1500*millisecond || s.calls < simOperations {
			return "healing"
		}
		ck.closing = true
	}
	for i := range s.clients {
		for _, call := range s.clients[i].calls {
			if call != nil {
				return fmt.Sprintf("client %d waits", i)
			}
		}
	}
	if keys := simPartitions * simKeys; ck.read < keys {
		s.clients[0].begin(0, placement.PartitionID(ck.read/simKeys), ck.read%simKeys, simOp{kind: OpGet})
		ck.read++
		return "reading back"
	}
	for _, h := range s.hosts {
		for p, c := range h.node.cores {
			if o := observe(c); c.clients.waiting() || o.commit < o.last {
				return fmt.Sprintf("%s has operations of partition %d open", h.name, p)
			}
			late := -1
			for k := range simKeys {
				it, found := h.node.engines[p].Get([]byte(s.keys[p][k].name))
				if found && ck.mortal[tokenOf(it.Value)] && k != persistedKey {
					late = k
				}
			}
			if late >= 0 {
				// Perhaps it was read back before its time was over.
				s.clients[0].begin(0, placement.PartitionID(p), late, simOp{kind: OpGet})
				return fmt.Sprintf("%s holds key %d of partition %d, whose time is over", h.name, late, p)
			}
		}
	}
	return ""
}
