package replica

import (
	"fmt"
	"slices"

	"pikv/placement"
	"pikv/register"
)

// simPlanner is the rest of the master: the target, membership as gossip has
// it, and suggestions, some of which come late or twice.
type simPlanner struct {
	s        *sim
	perNode  int
	target   [][]string
	believed [simHosts]placement.Incarnation // what gossip says lives
	avoid    [simPartitions][simHosts]int64  // until then
	old      []placement.Change
}

func (pl *simPlanner) init(s *sim) {
	*pl = simPlanner{s: s, perNode: 1 + s.rng.IntN(3)}
	for i, h := range s.hosts {
		if h.node != nil {
			pl.believed[i] = h.node.inc
		}
	}
	s.every(func() int64 { return s.between(60, 200) * millisecond }, func() {
		for _, m := range s.masters {
			pl.plan(m)
		}
	})
}

// live are the workers that gossip knows.
func (pl *simPlanner) live() []placement.Node {
	var nodes []placement.Node
	for i, inc := range pl.believed {
		if inc == 0 {
			continue
		}
		h := pl.s.hosts[i]
		nodes = append(nodes, placement.Node{
			Incarnation: inc, Name: h.name, Addr: h.addr, Capacity: pl.s.procs[inc].memory.Limit(),
		})
	}
	return nodes
}

// heard tells the planner, some time later, what gossip found out.
func (pl *simPlanner) heard(h *simHost, delay int64) {
	pl.s.after(delay, func() {
		pl.believed[h.index] = 0
		if h.node != nil && h.node.alive && h.suspected <= pl.s.now {
			pl.believed[h.index] = h.node.inc
		}
	})
}

// retarget draws another target: from the ring, or any at all.
func (pl *simPlanner) retarget() {
	s := pl.s
	var eligible []string
	for _, h := range s.hosts {
		switch {
		case h.node == nil || h.draining:
		case s.healing && h.small: // might not hold what it is to hold in the end
		case !s.healing && s.chance(0.15):
		default:
			eligible = append(eligible, h.name)
		}
	}
	if len(eligible) < 2 {
		eligible = []string{s.hosts[2].name, s.hosts[3].name}
	}
	pl.target = make([][]string, simPartitions)
	if s.chance(0.4) {
		var members []placement.Member
		for _, name := range eligible {
			members = append(members, placement.Member{Name: name, Weight: 1})
		}
		ring, err := placement.NewRing(members, simPartitions)
		if err != nil {
			panic(err)
		}
		pl.target = ring.Target(placement.MaxReplicas + 1)
	} else {
		for p := range pl.target {
			for _, i := range s.rng.Perm(len(eligible))[:min(len(eligible), placement.MaxReplicas+1)] {
				pl.target[p] = append(pl.target[p], eligible[i])
			}
		}
	}
	s.note(fmt.Sprint("target ", pl.target), 0, 0, 0)
}

// plan sends the next steps to those who are to ask for them.
func (pl *simPlanner) plan(m *simMaster) {
	s := pl.s
	v := m.view()
	if v == nil || !m.open || m.isolated > s.now {
		return
	}
	live := make(map[string]placement.Incarnation)
	for i, inc := range pl.believed {
		if inc != 0 {
			live[s.hosts[i].name] = inc
		}
	}
	changes := placement.Plan(placement.PlanInput{
		View: v, Target: pl.target, Live: live, MaxPerNode: pl.perNode,
		Avoid: func(p placement.PartitionID, node placement.Incarnation) bool {
			return pl.avoid[p][s.procs[node].host.index] > s.now
		},
	})
	changes = slices.DeleteFunc(changes, func(c placement.Change) bool {
		return m.state.IsFrozen(c.Partition) || c.Kind == placement.AddLearner && !m.told[c.Node].Followed(m.reign.ID)
	})
	for _, c := range changes {
		pl.suggest(c, s.between(1, 200)*millisecond)
		if s.chance(0.1) {
			pl.suggest(c, s.between(10, 3000)*millisecond)
		}
		pl.old = append(pl.old, c)
	}
	if len(pl.old) > 0 && !s.healing && s.chance(0.1) {
		pl.suggest(pl.old[s.rng.IntN(len(pl.old))], 0)
	}
}

func (pl *simPlanner) suggest(change placement.Change, delay int64) {
	s := pl.s
	n := s.procs[change.Asker]
	if n == nil || s.chance(0.05) || n.host.masterless > s.now {
		return
	}
	n.after(delay, func() {
		s.note("suggest "+change.Kind.String(), uint64(change.Partition), uint64(change.Epoch), uint64(change.Node))
		n.suggested(change)
	})
}

// redirect lets a take-over go to the backup that the ring wants, as the real
// master does.
func (pl *simPlanner) redirect(m *simMaster, change *placement.Change) {
	there := func(n placement.Node) bool {
		return slices.Contains(pl.believed[:], n.Incarnation) && m.told[n.Incarnation].Follower(m.reign.ID)
	}
	preferred := register.Prefer(m.state.View, pl.target, []placement.Change{*change}, there)[0]
	if preferred.Node != change.Node {
		m.s.cover.hit(coverReplacedByOther)
	}
	*change = preferred
}

// dropped remembers a learner that was given up, so that the next one goes
// elsewhere for a while.
func (pl *simPlanner) dropped(p placement.PartitionID, node placement.Incarnation) {
	if n := pl.s.procs[node]; n.alive && !pl.s.healing {
		pl.avoid[p][n.host.index] = pl.s.now + 1000*millisecond
	}
}
