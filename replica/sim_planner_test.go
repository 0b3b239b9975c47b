package replica

import (
	"fmt"

	"pikv/placement"
	"pikv/store"
)

// simPlanner is the rest of the master: the target, membership as gossip has
// it, and suggestions, some of which come late or twice.
type simPlanner struct {
	s        *sim
	replicas int
	perNode  int
	target   [][]string
	believed [simHosts]placement.Incarnation // what gossip says lives
	avoid    [simPartitions][simHosts]int64  // until then
	old      []placement.Change
}

func (pl *simPlanner) init(s *sim) {
	*pl = simPlanner{s: s, perNode: 1 + s.rng.IntN(3)}
	for i, h := range s.hosts {
		pl.believed[i] = h.node.inc
	}
	s.every(func() int64 { return s.between(60, 200) * millisecond }, pl.plan)
}

// nodes is what the view is to know as workers.
func (pl *simPlanner) nodes() []placement.Node {
	var nodes []placement.Node
	for _, h := range pl.s.hosts {
		if !h.node.alive {
			continue
		}
		state := placement.NodeActive
		if h.draining {
			state = placement.NodeDraining
		}
		nodes = append(nodes, placement.Node{
			Incarnation: h.node.inc, Name: h.name, Addr: h.name + ":7700", Capacity: h.node.memory.Limit(), State: state,
		})
	}
	return nodes
}

// heard tells the planner, some time later, what gossip found out.
func (pl *simPlanner) heard(h *simHost, delay int64) {
	pl.s.after(delay, func() {
		pl.believed[h.index] = 0
		if h.node.alive && h.suspected <= pl.s.now {
			pl.believed[h.index] = h.node.inc
		}
		pl.s.register.nodes = true
		pl.s.register.kick()
	})
}

// retarget draws another target: from the ring, or any at all.
func (pl *simPlanner) retarget() {
	s := pl.s
	var eligible []string
	for _, h := range s.hosts {
		switch {
		case h.draining:
		case s.now >= s.healAt && h.small: // might not hold what it is to hold in the end
		case s.now < s.healAt && s.chance(0.2):
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
		pl.target = ring.Target(pl.replicas + 1)
	} else {
		for p := range pl.target {
			for _, i := range s.rng.Perm(len(eligible))[:min(len(eligible), pl.replicas+1)] {
				pl.target[p] = append(pl.target[p], eligible[i])
			}
		}
	}
	s.note(fmt.Sprint("target ", pl.target), 0, 0, 0)
}

// plan sends the next steps to those who are to ask for them.
func (pl *simPlanner) plan() {
	s := pl.s
	if s.register.away > s.now {
		return
	}
	live := make(map[string]placement.Incarnation)
	for i, inc := range pl.believed {
		if inc != 0 {
			live[s.hosts[i].name] = inc
		}
	}
	changes := placement.Plan(placement.PlanInput{
		View: s.register.view, Target: pl.target, Live: live, MaxPerNode: pl.perNode,
		Avoid: func(p placement.PartitionID, node placement.Incarnation) bool {
			return pl.avoid[p][s.procs[node].host.index] > s.now
		},
	})
	for _, c := range changes {
		pl.suggest(c, s.between(1, 30)*millisecond)
		if s.chance(0.1) {
			pl.suggest(c, s.between(10, 3000)*millisecond)
		}
		pl.old = append(pl.old, c)
	}
	if len(pl.old) > 0 && s.chance(0.1) {
		pl.suggest(pl.old[s.rng.IntN(len(pl.old))], 0)
	}
}

func (pl *simPlanner) suggest(change placement.Change, delay int64) {
	s := pl.s
	n := s.procs[change.Asker]
	if s.chance(0.05) || n.host.masterless > s.now {
		return
	}
	n.after(delay, func() {
		s.note("suggest "+change.Kind.String(), uint64(change.Partition), uint64(change.Epoch), uint64(change.Node))
		n.step(change.Partition, func(c *Core, now store.Instant, out *Effects) { c.Suggest(now, change, out) })
	})
}

// dropped remembers a learner that was given up, so that the next one goes
// elsewhere for a while.
func (pl *simPlanner) dropped(p placement.PartitionID, node placement.Incarnation) {
	if n := pl.s.procs[node]; n.alive && pl.s.now < pl.s.healAt {
		pl.avoid[p][n.host.index] = pl.s.now + 1000*millisecond
	}
}
