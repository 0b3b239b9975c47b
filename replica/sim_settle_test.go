package replica

import (
	"fmt"
	"slices"

	"pikv/placement"
)

// transition checks a step of the register.
func (ck *simChecker) transition(before, after *placement.View) {
	s := ck.s
	if after.Epoch <= before.Epoch {
		s.fail("the register goes from epoch %d to %d", before.Epoch, after.Epoch)
	}
	for i := range after.Partitions {
		p, old, config := placement.PartitionID(i), before.Partitions[i], after.Partitions[i]
		if config.Epoch == old.Epoch {
			continue
		}
		s.note("configuration", uint64(p), uint64(config.Epoch), uint64(len(config.InSync)))
		if config.Primary != old.Primary && !slices.Contains(old.InSync, config.Primary) {
			s.fail("the new primary of partition %d was not in sync", p)
		}
		for _, inc := range config.InSync {
			if !slices.Contains(old.InSync, inc) && s.procs[inc].alive {
				s.cover.promoted(s.procs[inc].cores[p])
			}
		}
		for _, inc := range old.Learners {
			if !slices.Contains(config.InSync, inc) && !slices.Contains(config.Learners, inc) {
				s.planner.dropped(p, inc)
				s.cover.learnerDropped(s.procs[inc])
			}
		}
		ck.inSync(p)
	}
}

// unsettled says what is still missing, "" when nothing is: every partition
// is where the target wants it, and nowhere else.
func (s *sim) unsettled() string {
	view := s.register.saved
	for i := range view.Partitions {
		p, config := placement.PartitionID(i), view.Partitions[i]
		primary := s.procs[config.Primary]
		var wanted []placement.Incarnation
		for _, name := range s.planner.target[i][:min(view.Replicas, len(s.planner.target[i]))] {
			for _, h := range s.hosts {
				if h.name == name {
					wanted = append(wanted, h.node.inc)
				}
			}
		}
		slices.Sort(wanted)
		switch {
		case primary.host.name != s.planner.target[i][0] || !slices.Equal(config.InSync, wanted) || len(config.Learners) > 0:
			return fmt.Sprintf("partition %d is %+v, not at %v", p, config, s.planner.target[i])
		case !primary.cores[p].Serving():
			return fmt.Sprintf("partition %d does not serve at %s, phase %d", p, primary.host.name, primary.cores[p].phase)
		}
		for _, h := range s.hosts {
			c := h.node.cores[p]
			switch {
			case !h.node.alive || h.draining:
				return h.name + " is not back"
			case slices.Contains(config.InSync, h.node.inc) && c.config.Epoch != config.Epoch:
				return fmt.Sprintf("%s has epoch %d of partition %d, not %d", h.name, c.config.Epoch, p, config.Epoch)
			case !slices.Contains(config.InSync, h.node.inc) && (c.role != RoleNone || h.node.engines[p].Len() > 0):
				return fmt.Sprintf("%s still holds partition %d", h.name, p)
			}
		}
	}
	return s.check.unclosed()
}

// settled drives the end: the target is reached, clients finish, every key is
// read back, and what has a deadline goes.
func (s *sim) settled() bool { return s.unsettled() == "" }

func (ck *simChecker) unclosed() string {
	s := ck.s
	if !ck.closing {
		if s.now < s.healAt+1500*millisecond {
			return "healing"
		}
		ck.closing, ck.closedAt = true, s.now
	}
	for i := range s.clients {
		if s.clients[i].busy {
			return fmt.Sprintf("client %d waits", i)
		}
	}
	if keys := simPartitions * simKeys; ck.read < keys {
		p := placement.PartitionID(ck.read / simKeys)
		cl := &s.clients[0]
		cl.busy = true
		cl.try(&simCall{client: cl, kind: OpGet, partition: p, key: s.keys[p][ck.read%simKeys]}, 0)
		ck.read++
		return "reading back"
	}
	for _, h := range s.hosts {
		for p, c := range h.node.cores {
			if c.clients.waiting() || c.log.commit < c.log.last {
				return fmt.Sprintf("%s has operations of partition %d open", h.name, p)
			}
			for _, it := range h.node.engines[p].Snapshot() {
				if ck.mortal[valueOf(it.Value)] {
					return fmt.Sprintf("%s holds a key of partition %d whose time is over", h.name, p)
				}
			}
		}
	}
	return ""
}
