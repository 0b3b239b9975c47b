package replica

import (
	"slices"

	"pikv/placement"
	"pikv/register"
)

// simOperator is the human: drains, resets what is lost, changes the number of
// replicas, and starts a master with --recover when nothing else is left.
type simOperator struct {
	s        *sim
	lost     [simPartitions]int64 // since when a partition is seen lost, 0: it is not
	replicas int
	frozen   int64 // since when partitions are frozen, 0: none is
}

func (op *simOperator) init(s *sim) {
	op.s = s
	s.every(func() int64 { return s.between(200, 500) * millisecond }, op.look)
}

// look gives up what is lost for good, and thaws what would be frozen for ever.
func (op *simOperator) look() {
	s := op.s
	for _, m := range s.masters {
		if m.alive && m.apart && op.last() {
			op.unite(m)
		}
		v := m.view()
		if v == nil || !m.open || m.isolated > s.now {
			continue
		}
		if op.replicas != 0 && v.Replicas != op.replicas {
			want := op.replicas
			m.edit(func(base *register.State) (*register.State, error) { return base.WithReplicas(want) })
		}
		op.reset(m, v)
		op.thaw(m)
	}
}

// reset gives up the partitions of which nobody is left.
func (op *simOperator) reset(m *simMaster, v *placement.View) {
	s := op.s
	live := s.planner.live()
	given, _ := register.Given(m.state, register.Fates(v, live, nil), register.Lost)
	var now []placement.PartitionID
	for p := range placement.PartitionID(simPartitions) {
		switch {
		case !slices.Contains(given, p):
			op.lost[p] = 0
		case op.lost[p] == 0:
			op.lost[p] = s.now
		case s.now-op.lost[p] > 500*millisecond:
			now = append(now, p)
		}
	}
	if len(now) > 0 && op.sure(m) {
		s.note("reset", uint64(len(now)), 0, 0)
		m.edit(func(base *register.State) (*register.State, error) {
			live := s.planner.live()
			still, _ := register.Given(base, register.Fates(base.View, live, nil), register.Lost)
			return register.Reset(base, slices.DeleteFunc(slices.Clone(now), func(p placement.PartitionID) bool { return !slices.Contains(still, p) }), live)
		})
	}
}

// sure reports whether the master is the only one, and followed by all: with
// two, both could give a partition up and begin it anew.
func (op *simOperator) sure(m *simMaster) bool {
	return !op.s.masters[1-m.index].alive && m.live(func(inc placement.Incarnation) bool { return m.told[inc].Followed(m.reign.ID) })
}

// last reports whether all faults are over for so long that the operator takes
// the last means.
func (op *simOperator) last() bool { return op.s.healing && op.s.now > op.s.healAt+4000*millisecond }

// unite restarts the worker that is furthest behind of those that a master takes
// for two clusters, or the master without its file when it is that which does not belong
// to the workers.
func (op *simOperator) unite(m *simMaster) {
	all := func(placement.Incarnation) bool { return true }
	if _, err := register.Rebuild(m.reign.ID, &register.State{}, m.claims(), all, true); err == nil {
		op.s.note("disown", uint64(m.index), 0, 0)
		m.file, m.saves, m.override = nil, nil, false
		m.restart(50 * millisecond)
		return
	}
	var behind *simNode
	for _, h := range op.s.hosts {
		n := h.node
		if n == nil || !n.alive || m.told[n.inc].Claim == nil {
			continue
		}
		if behind == nil || m.told[n.inc].Claim.Epoch < m.told[behind.inc].Claim.Epoch {
			behind = n
		}
	}
	if behind != nil {
		op.s.note("unite", uint64(behind.host.index), 0, 0)
		op.s.stop(behind.host, 50*millisecond)
	}
}

// thaw starts the master with --recover when partitions have been frozen for
// long and all faults are over, since who is to report is dead, and when there
// are workers of a master that it knows nothing of.
func (op *simOperator) thaw(m *simMaster) {
	s := op.s
	switch {
	case len(m.state.Frozen) == 0 && !m.stranger:
		op.frozen = 0
	case op.frozen == 0:
		op.frozen = s.now
	case op.last() && s.now-op.frozen > 2000*millisecond && !m.override:
		s.note("override", uint64(m.index), 0, 0)
		s.cover.hit(coverOverride)
		m.override = true
		m.restart(50 * millisecond)
	}
}

// edit asks the register for an edit, in the reign of now.
func (m *simMaster) edit(f func(*register.State) (*register.State, error)) {
	id := m.reign.ID
	m.ask(simRequest{Request: register.Request{Edit: func(base *register.State) (*register.State, error) {
		if m.reign.ID != id || m.reign.InForce(base) == nil {
			return base, nil
		}
		return f(base)
	}}})
}

// tendNodes writes down who takes part, and who drains.
func (m *simMaster) tendNodes() {
	s := m.s
	edit := func(base *register.State) (*register.State, error) {
		live := s.planner.live()
		next, err := register.Nodes(base, live, func(inc placement.Incarnation) bool { return m.told[inc].Followed(m.reign.ID) })
		for _, h := range s.hosts {
			if err != nil || !h.draining || h.node == nil || !h.node.alive {
				continue
			}
			drained, _, why := register.Drain(next, live, h.name)
			if why == nil {
				next = drained
			}
		}
		return next, err
	}
	if next, err := edit(m.state); err != nil || next == m.state {
		return
	}
	m.edit(edit)
}
