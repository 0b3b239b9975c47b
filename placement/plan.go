package placement

import (
	"cmp"
	"slices"
)

// PlanInput is all that a plan depends on. Plan changes none of it.
type PlanInput struct {
	// View is the one in force.
	View *View
	// Target is Ring.Target: per partition the wanted names, primary first.
	// The first View.Replicas of them that can be given the partition are
	// wanted; names after those are fall-backs. A partition without a name
	// in its row is left as it is; one whose row names nobody that can be
	// given it only loses its learners.
	Target [][]string
	// Live are the live workers by name. It is a hint: no in-sync replica is
	// dropped for being dead while that would leave fewer than View.Replicas.
	// The primary drops a backup that it finds silent, and needs no plan.
	Live map[string]Incarnation
	// MaxPerNode bounds the partitions in motion (with a learner) whose
	// primary is one node, and those with a learner on one node. Below 1:
	// no bound.
	MaxPerNode int
	// Avoid reports that partition p must not be filled to node now, for
	// example after a stalled fill or for want of memory: a learner there is
	// dropped, and a fall-back is taken if the target has one. It is not
	// asked about in-sync replicas. Nil: never.
	Avoid func(p PartitionID, node Incarnation) bool
	// Admit reports whether partition p may be given a learner at node now. It is asked
	// right before such a step is planned, those that cannot wait first; a learner that
	// it refuses is not one in motion, so that what nobody could have does not keep others
	// waiting. It may count what it has admitted, as long as it does so the same way for each
	// plan. Nil: always.
	Admit func(p PartitionID, node Incarnation) bool
}

// Plan returns the next steps from the view towards the target, sorted by
// partition, at most one for each. It is a pure function, and asking again
// before a step is taken plans the same step.
//
// A partition whose primary is not live gets none, for the primary is to ask.
// The others get the first of these that applies:
//
//  1. drop a learner that is not wanted, not live or to be avoided;
//  2. while a learner is being filled, nothing: its promotion is the
//     primary's to ask for, and a change of primary would start it over;
//  3. hand over to the wanted primary, if it is in sync;
//  4. drop an in-sync backup that is not wanted, if enough stay: the dead
//     first, then the draining and the spare; a dead one only if View.Replicas others stay;
//  5. add a wanted replica as a learner, partitions with too few in-sync
//     replicas before the others.
//
// So no step brings the in-sync replicas below what the target asks for (those
// that only look dead counted on both sides), and no partition is given more
// than one above View.Replicas.
func Plan(in PlanInput) []Change {
	pl := newPlanner(in)
	var changes, fills []Change
	var late []int // partitions whose fill can wait
	for i := range pl.parts {
		if c, ok := pl.settle(i); ok {
			changes = append(changes, c)
		} else if pl.mayFill(i) {
			if len(in.View.Partitions[i].InSync) >= pl.parts[i].need {
				late = append(late, i)
				continue
			}
			fills = pl.appendFill(fills, i)
		}
	}
	for _, i := range late {
		fills = pl.appendFill(fills, i)
	}
	changes = append(changes, fills...)
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Partition, b.Partition) })
	return changes
}

// planner holds what is looked up while a plan is made.
type planner struct {
	in    PlanInput
	nodes map[Incarnation]Node // of the view
	live  map[Incarnation]bool
	parts []wish
	// Partitions in motion now, with the steps planned so far.
	sources map[Incarnation]int
	targets map[Incarnation]int
}

// wish is what the target means for one partition at this moment.
type wish struct {
	wanted []Incarnation // live, active, not avoided; primary first
	need   int           // in-sync replicas to keep: as wanted, with the avoided and the dead counted
}

func newPlanner(in PlanInput) *planner {
	pl := &planner{
		in:      in,
		nodes:   make(map[Incarnation]Node, len(in.View.Nodes)),
		live:    make(map[Incarnation]bool, len(in.Live)),
		sources: make(map[Incarnation]int),
		targets: make(map[Incarnation]int),
	}
	for _, n := range in.View.Nodes {
		pl.nodes[n.Incarnation] = n
	}
	for _, inc := range in.Live {
		pl.live[inc] = true
	}
	pl.parts = make([]wish, min(len(in.View.Partitions), len(in.Target)))
	for i := range pl.parts {
		pl.parts[i] = pl.wish(i)
	}
	for _, p := range in.View.Partitions {
		if len(p.Learners) == 0 || !pl.live[p.Primary] {
			continue
		}
		pl.sources[p.Primary]++
		for _, l := range p.Learners {
			pl.targets[l]++
		}
	}
	return pl
}

// wish reads partition i's row of the target.
func (pl *planner) wish(i int) wish {
	var w wish
	p := &pl.in.View.Partitions[i]
	var seen []Incarnation
	absent := 0
	for _, name := range pl.in.Target[i] {
		inc := pl.in.Live[name]
		node, known := pl.nodes[inc]
		if !known || node.Name != name {
			absent++ // dead, or not in the view yet; the ring's next target will know
			continue
		}
		if node.State != NodeActive || slices.Contains(seen, inc) {
			continue // to be given nothing, or named twice
		}
		seen = append(seen, inc)
		if len(w.wanted) == pl.in.View.Replicas || pl.avoids(i, inc) && !p.isInSync(inc) {
			continue
		}
		w.wanted = append(w.wanted, inc)
	}
	if len(seen) > 0 {
		w.need = min(len(seen)+absent, pl.in.View.Replicas)
	}
	return w
}

func (pl *planner) avoids(i int, node Incarnation) bool {
	return pl.in.Avoid != nil && pl.in.Avoid(PartitionID(i), node)
}

func (pl *planner) admits(i int, node Incarnation) bool {
	return pl.in.Admit == nil || pl.in.Admit(PartitionID(i), node)
}

// settle returns partition i's step of the kinds 1, 3 and 4, if it has one.
func (pl *planner) settle(i int) (Change, bool) {
	p, w := &pl.in.View.Partitions[i], &pl.parts[i]
	if !pl.live[p.Primary] || len(pl.in.Target[i]) == 0 {
		return Change{}, false
	}
	for _, l := range p.Learners {
		if !slices.Contains(w.wanted, l) {
			return pl.change(Drop, i, l), true
		}
	}
	if len(p.Learners) > 0 || w.need == 0 {
		return Change{}, false
	}
	if len(w.wanted) > 0 && w.wanted[0] != p.Primary && p.isInSync(w.wanted[0]) {
		return pl.change(HandOver, i, w.wanted[0]), true
	}
	if len(p.InSync) > w.need {
		if backup, ok := pl.surplus(p, w.wanted); ok {
			return pl.change(Drop, i, backup), true
		}
	}
	return Change{}, false
}

// surplus chooses the backup of p to drop: of those that are not wanted a
// dead one, if there are more than enough without it, else one that is not active,
// else the first.
func (pl *planner) surplus(p *Partition, wanted []Incarnation) (Incarnation, bool) {
	rank := func(inc Incarnation) int {
		switch {
		case !pl.live[inc]:
			return 0
		case pl.nodes[inc].State != NodeActive:
			return 1
		default:
			return 2
		}
	}
	var chosen Incarnation
	for _, inc := range p.InSync {
		if inc == p.Primary || slices.Contains(wanted, inc) {
			continue
		}
		if !pl.live[inc] && len(p.InSync) <= pl.in.View.Replicas {
			continue // gossip may be wrong
		}
		if chosen == 0 || rank(inc) < rank(chosen) {
			chosen = inc
		}
	}
	return chosen, chosen != 0
}

// mayFill reports whether partition i may be given a learner.
func (pl *planner) mayFill(i int) bool {
	p := &pl.in.View.Partitions[i]
	return pl.live[p.Primary] && len(p.Learners) == 0
}

// appendFill appends partition i's step of kind 5, if it has one and the
// nodes in question may have one more partition in motion.
func (pl *planner) appendFill(changes []Change, i int) []Change {
	p := &pl.in.View.Partitions[i]
	if pl.full(pl.sources[p.Primary]) {
		return changes
	}
	for _, inc := range pl.parts[i].wanted {
		if p.isInSync(inc) || pl.full(pl.targets[inc]) || !pl.admits(i, inc) {
			continue
		}
		pl.sources[p.Primary]++
		pl.targets[inc]++
		return append(changes, pl.change(AddLearner, i, inc))
	}
	return changes
}

func (pl *planner) full(inMotion int) bool {
	return pl.in.MaxPerNode > 0 && inMotion >= pl.in.MaxPerNode
}

func (pl *planner) change(kind ChangeKind, i int, node Incarnation) Change {
	p := &pl.in.View.Partitions[i]
	return Change{Kind: kind, Partition: PartitionID(i), Epoch: p.Epoch, Asker: p.Primary, Node: node}
}
