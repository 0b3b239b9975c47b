package master

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"pikv/placement"
	"pikv/register"
)

// suggestions are what the primaries are to ask for. Immutable.
type suggestions struct {
	// byAsker has the changes that a worker is to ask for, encoded.
	byAsker map[placement.Incarnation][]byte
	// steps has the partitions for which a step is suggested, and fills those of them
	// for which that is more than a hand-over.
	steps, fills map[placement.PartitionID]bool
	// of are the members of the ring that they bring the view nearer to; nil: nothing was planned.
	of []placement.Member
}

// fallbacks is how many workers beyond the wanted ones a partition's target
// names: it goes there when its place has to be avoided.
const fallbacks = 1

// planner says what brings the view in force nearer to the ring. What it
// suggests is repeated in every report's answer until the view has moved on;
// that is harmless, since a change counts only at exactly the epoch it names.
// Used by one goroutine, but for suggested and wanted.
type planner struct {
	movesPerNode int
	backoff      *backoff

	target   [][]string         // of the ring; nil without one
	leads    []placement.Lead   // that led was computed from
	led      [][]string         // target with the leads
	ringOf   []placement.Member // what target was computed from
	replicas int

	noRoom    int                                             // partitions that found no room in the last plan
	pressing  int                                             // those of them that cannot stay as they are
	failing   map[placement.PartitionID]placement.Incarnation // those that keep failing, and where; nothing else is being done for them
	suggested atomic.Pointer[suggestions]
	wanted    atomic.Pointer[[][]string] // led, for others
}

func newPlanner(movesPerNode int) *planner {
	p := &planner{movesPerNode: movesPerNode, backoff: newBackoff()}
	p.pause()
	return p
}

// suggest returns what the worker is to ask for: placement.EncodeChanges, nil
// for nothing. Safe for concurrent use.
func (p *planner) suggest(inc placement.Incarnation) []byte { return p.suggested.Load().byAsker[inc] }

// planned reports whether a step is suggested for partition id. Safe for
// concurrent use.
func (p *planner) planned(id placement.PartitionID) bool { return p.suggested.Load().steps[id] }

// outdated reports whether the ring that was planned for lacks active workers of v, has other weights, or has
// workers that are active no more: what it leaves where it is may have to move. A death makes no ring outdated, since
// it may be none: what is missing then is counted as such. Safe for concurrent use.
//
//	an operator activates w3, or the loop writes into the view that it has joined
//	somebody asks for the status: nothing is missing, and no step is suggested
//	the loop plans, and half of everything moves
//
// A master that has planned nothing yet, having just begun, knows no ring: it lacks all of them.
func (p *planner) outdated(v *placement.View, live []placement.Node) bool {
	of := p.suggested.Load().of
	lacking := func(m placement.Member) bool { return !slices.Contains(of, m) }
	return slices.ContainsFunc(placement.ActiveMembers(register.Ready(v, live)), lacking) ||
		slices.ContainsFunc(live, func(w placement.Node) bool {
			n, known := v.Node(w.Incarnation)
			return known && n.State != placement.NodeActive && slices.ContainsFunc(of, func(m placement.Member) bool { return m.Name == n.Name })
		})
}

// filling reports whether a step is suggested for partition id that is no hand-over.
// Safe for concurrent use.
func (p *planner) filling(id placement.PartitionID) bool { return p.suggested.Load().fills[id] }

// progresses reports whether any such step is for a partition that does not keep failing.
func (p *planner) progresses() bool {
	for id := range p.suggested.Load().fills {
		if _, fails := p.failing[id]; !fails {
			return true
		}
	}
	return false
}

// fills reports whether there is any such step. Safe for concurrent use.
func (p *planner) fills() bool { return len(p.suggested.Load().fills) > 0 }

// ring returns the target of the ring, nil when there is none yet; it must not
// be changed. Safe for concurrent use.
func (p *planner) ring() [][]string {
	if wanted := p.wanted.Load(); wanted != nil {
		return *wanted
	}
	return nil
}

// pause takes back what was suggested.
func (p *planner) pause() { p.suggested.Store(&suggestions{}) }

// plan replaces the suggestions by what the State s, whose view is in force,
// the live workers and their reports call for. Unless the membership has
// settled the ring is left as it was, and learners go only where the register
// itself says that a replica is missing, which is more than gossip knows.
func (p *planner) plan(s *register.State, live []placement.Node, heard map[placement.Incarnation]report, now time.Time, settled bool) error {
	v := s.View
	p.backoff.observe(v, now)
	p.backoff.measure(heard)
	if settled {
		if err := p.aim(placement.ActiveMembers(register.Ready(v, live)), len(v.Partitions), v.Replicas); err != nil {
			p.pause()
			return err
		}
	}
	if len(p.target) != len(v.Partitions) {
		p.pause()
		return nil
	}
	p.lead(s.Orders.Leads)
	alive, space, pressed := liveNodes(v, live), newRoom(v, heard), pressing(v)
	without := make(map[placement.PartitionID]bool) // partitions by whether they found no room
	failed := func(part placement.PartitionID, inc placement.Incarnation) bool {
		return p.backoff.avoid(part, inc, now)
	}
	fits := func(part placement.PartitionID, inc placement.Incarnation) bool {
		return space.fits(part, inc) && !failed(part, inc)
	}
	changes := placement.Plan(placement.PlanInput{
		View:       v,
		Target:     rowsFor(v, p.led, pressed, alive, fits),
		Live:       alive,
		MaxPerNode: p.moves(v, heard, now),
		// A fill that failed at a worker that is nearly full, or again and again, is taken to have found no
		// room: the partition is larger than was expected. Admit refuses it, and counts it.
		Avoid: func(part placement.PartitionID, inc placement.Incarnation) bool {
			return failed(part, inc) && !space.tight(inc) && !p.backoff.stubborn(part, inc)
		},
		// Who does not report may be cut off from the master, and is given
		// nothing; to plan without him would move things about for a hiccup.
		Admit: func(part placement.PartitionID, inc placement.Incarnation) bool {
			missing := len(v.Partitions[part].InSync) < v.Replicas
			if s.IsFrozen(part) || !heard[inc].ready(v.MasterID, now) || !settled && !missing {
				return false
			}
			without[part] = failed(part, inc) || !space.take(part, inc)
			return !without[part]
		},
	})
	changes = slices.DeleteFunc(changes, func(c placement.Change) bool {
		conf := v.Partitions[c.Partition]
		switch {
		case s.IsFrozen(c.Partition):
			return true
		case c.Kind == placement.Drop && !settled:
			// The target is of who took part before: whoever is to take the place
			// of a copy that is given up may not be in it yet.
			n, known := v.Node(c.Node)
			return slices.Contains(conf.InSync, c.Node) && len(conf.InSync) <= v.Replicas && known && alive[n.Name] == c.Node
		default:
			return false
		}
	})
	p.noRoom, p.pressing = 0, 0
	for part, none := range without {
		if none {
			p.noRoom++
		}
		if none && pressed[part] {
			p.pressing++
		}
	}
	p.failing = failing(p.backoff, v, p.led, alive, changes)
	out := suggest(changes)
	out.of = p.ringOf
	p.suggested.Store(out)
	return nil
}

// aim computes the target, unless it is at hand. Without members there is none.
func (p *planner) aim(members []placement.Member, partitions, replicas int) error {
	if len(members) == 0 {
		p.target, p.led = nil, nil
		p.wanted.Store(nil)
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
	p.led = nil
	return nil
}

// lead puts the leads before what the ring wants, unless that is done.
func (p *planner) lead(leads []placement.Lead) {
	if p.led != nil && slices.Equal(leads, p.leads) {
		return
	}
	led := placement.WithLeads(p.target, leads, p.replicas)
	p.leads, p.led = leads, led
	p.wanted.Store(&led)
}

// liveNodes returns the nodes of v, by name, that gossip calls alive.
func liveNodes(v *placement.View, live []placement.Node) map[string]placement.Incarnation {
	byName := make(map[string]placement.Incarnation, len(live))
	for _, w := range live {
		if _, ok := v.Node(w.Incarnation); ok {
			byName[w.Name] = w.Incarnation
		}
	}
	return byName
}

// suggest groups a plan by who is to ask.
func suggest(changes []placement.Change) *suggestions {
	groups := make(map[placement.Incarnation][]placement.Change)
	out := &suggestions{
		byAsker: make(map[placement.Incarnation][]byte),
		steps:   make(map[placement.PartitionID]bool, len(changes)),
		fills:   make(map[placement.PartitionID]bool),
	}
	for _, c := range changes {
		groups[c.Asker] = append(groups[c.Asker], c)
		out.steps[c.Partition] = true
		if c.Kind != placement.HandOver {
			out.fills[c.Partition] = true
		}
	}
	for inc, group := range groups {
		out.byAsker[inc] = placement.EncodeChanges(group)
	}
	return out
}
