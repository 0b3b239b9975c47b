package master

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"pikv/membership"
	"pikv/placement"
)

// suggestions are what the primaries are to ask for, encoded, by the worker
// that is to ask. Immutable.
type suggestions map[placement.Incarnation][]byte

// fallbacks is how many workers beyond the wanted ones a partition's target
// names: it goes there when its place has to be avoided.
const fallbacks = 1

// planner says what brings the view in force nearer to the ring. What it
// suggests is repeated in every report's answer until the view has moved on;
// that is harmless, since a change counts only at exactly the epoch it names.
// Used by one goroutine, but for suggested.
type planner struct {
	movesPerNode int
	backoff      *backoff

	target   [][]string         // of the ring; nil without one
	ringOf   []placement.Member // what target was computed from
	replicas int

	noRoom    int // learners that found no room in the last plan
	suggested atomic.Pointer[suggestions]
}

func newPlanner(movesPerNode int) *planner {
	p := &planner{movesPerNode: movesPerNode, backoff: newBackoff()}
	p.suggested.Store(&suggestions{})
	return p
}

// suggest returns what the worker is to ask for: placement.EncodeChanges, nil
// for nothing. Safe for concurrent use.
func (p *planner) suggest(inc placement.Incarnation) []byte { return (*p.suggested.Load())[inc] }

// pause takes back what was suggested.
func (p *planner) pause() { p.suggested.Store(&suggestions{}) }

// plan replaces the suggestions by what the State s, whose view is in force,
// the live workers and their reports call for. Unless the membership has
// settled the ring is left as it was.
func (p *planner) plan(s *State, workers []membership.Member, heard map[placement.Incarnation]report, now time.Time, settled bool) error {
	v := s.View
	p.backoff.observe(v, now)
	if settled {
		if err := p.aim(placement.ActiveMembers(ringNodes(v, workers)), len(v.Partitions), v.Replicas); err != nil {
			p.pause()
			return err
		}
	}
	if len(p.target) != len(v.Partitions) {
		p.pause()
		return nil
	}
	changes := placement.Plan(placement.PlanInput{
		View:       v,
		Target:     rowsFor(v, p.target),
		Live:       liveNodes(v, workers),
		MaxPerNode: p.movesPerNode,
		Avoid: func(part placement.PartitionID, inc placement.Incarnation) bool {
			return p.backoff.avoid(part, inc, now)
		},
	})
	// Who does not report may be cut off from the master, and is given
	// nothing; to plan without him would move things about for a hiccup.
	changes = slices.DeleteFunc(changes, func(c placement.Change) bool {
		return s.frozen(c.Partition) || c.Kind == placement.AddLearner && !heard[c.Node].ready(v.MasterID, now)
	})
	changes, p.noRoom = fitting(changes, newRoom(v, heard))
	p.suggested.Store(byAsker(changes))
	return nil
}

// rowsFor returns target for the partitions of v, with the fall-backs only where
// it would be worse to wait: a partition that is short of replicas, or that has
// to leave a draining worker. Any other one stays where it is until its place
// need not be avoided any more, instead of moving twice.
func rowsFor(v *placement.View, target [][]string) [][]string {
	active := make(map[placement.Incarnation]bool, len(v.Nodes))
	for _, n := range v.Nodes {
		active[n.Incarnation] = n.State == placement.NodeActive
	}
	rows := slices.Clone(target)
	for p, conf := range v.Partitions {
		if active[conf.Primary] && len(conf.InSync) >= v.Replicas {
			rows[p] = rows[p][:min(v.Replicas, len(rows[p]))]
		}
	}
	return rows
}

// aim computes the target, unless it is at hand. Without members there is none.
func (p *planner) aim(members []placement.Member, partitions, replicas int) error {
	if len(members) == 0 {
		p.target = nil
		return nil
	}
	if slices.Equal(members, p.ringOf) && len(p.target) == partitions && p.replicas == replicas {
		return nil
	}
	ring, err := placement.NewRing(members, partitions)
	if err != nil {
		return fmt.Errorf("compute the ring: %w", err)
	}
	p.target, p.ringOf, p.replicas = ring.Target(replicas+fallbacks), members, replicas
	return nil
}

// liveNodes returns the nodes of v, by name, that gossip calls alive.
func liveNodes(v *placement.View, workers []membership.Member) map[string]placement.Incarnation {
	live := make(map[string]placement.Incarnation, len(workers))
	for _, w := range workers {
		inc := placement.Incarnation(w.Incarnation)
		if _, ok := v.Node(inc); ok {
			live[w.Name] = inc
		}
	}
	return live
}

// byAsker groups a plan by who is to ask.
func byAsker(changes []placement.Change) *suggestions {
	groups := make(map[placement.Incarnation][]placement.Change)
	for _, c := range changes {
		groups[c.Asker] = append(groups[c.Asker], c)
	}
	out := make(suggestions, len(groups))
	for inc, group := range groups {
		out[inc] = placement.EncodeChanges(group)
	}
	return &out
}
