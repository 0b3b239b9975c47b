package register

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pikv/placement"
)

// Why an order is refused.
var (
	// ErrUnknownWorker refuses a name that the view does not know.
	ErrUnknownWorker = errors.New("there is no such worker")
	// ErrLastWorker refuses the last worker that could hold anything.
	ErrLastWorker = errors.New("it is the last active worker: nobody could take what it holds; start another one first")
	// ErrHolds refuses to remove a worker that is not empty.
	ErrHolds = errors.New("it is not empty")
	// ErrDead refuses to activate a worker that does not live: nothing can move to it.
	ErrDead = errors.New("it is dead, so no share can move to it: when it is started again it is active, or a spare, as it was")
	// ErrWeights refuses a weight.
	ErrWeights = errors.New("the weight is out of bounds")
)

// By a name the orders mean the live incarnation; when none lives, all of that
// name. Errors do not repeat what was asked of whom. They return s itself when nothing changes, and refuse a name that the view
// does not know with ErrUnknownWorker.

// Drain returns the State after s in which the worker called name drains, and how
// many partitions it is a replica of still. It refuses with ErrLastWorker, too.
func Drain(s *State, live []placement.Node, name string) (next *State, left int, err error) {
	return retire(s, live, name, placement.NodeDraining)
}

// Spare is Drain of a worker that stays, as a spare.
func Spare(s *State, live []placement.Node, name string) (next *State, left int, err error) {
	return retire(s, live, name, placement.NodeSpare)
}

// retire puts a worker into a state in which it is given nothing.
func retire(s *State, live []placement.Node, name string, state placement.NodeState) (next *State, left int, err error) {
	incs, err := find(s, live, name)
	if err != nil {
		return s, 0, err
	}
	left = held(s.View, incs)
	changes, wasActive := false, false
	for _, n := range s.View.Nodes {
		if slices.Contains(incs, n.Incarnation) {
			changes = changes || n.State != state
			wasActive = wasActive || n.State == placement.NodeActive
		}
	}
	if !changes {
		return s, left, nil
	}
	if wasActive && !slices.ContainsFunc(Ready(s.View, live), func(n placement.Node) bool { return !slices.Contains(incs, n.Incarnation) }) {
		return s, left, ErrLastWorker
	}
	next, err = s.withState(name, incs, state)
	return next, left, err
}

// Activate returns the State after s in which the worker called name is on the
// ring, whatever it was before, which is returned, too, with the number of partitions that
// it is a replica of. It refuses with ErrDead one of which no incarnation lives.
func Activate(s *State, live []placement.Node, name string) (next *State, was placement.NodeState, holds int, err error) {
	incs, err := find(s, live, name)
	if err != nil {
		return s, 0, 0, err
	}
	holds = held(s.View, incs)
	n, _ := s.View.Node(incs[len(incs)-1])
	if !incarnations(live)[n.Incarnation] {
		return s, n.State, holds, ErrDead
	}
	if n.State == placement.NodeActive {
		return s, n.State, holds, nil
	}
	next, err = s.withState(name, incs, placement.NodeActive)
	return next, n.State, holds, err
}

// withState returns the State after s in which incs, of that name, are in the state, and
// who has the name after them, unless they drain: to stop a worker drains it, and it comes back.
func (s *State) withState(name string, incs []placement.Incarnation, state placement.NodeState) (*State, error) {
	ordered := *s
	ordered.Orders = s.Orders.withState(incs, state)
	if state != placement.NodeDraining {
		ordered.Orders = ordered.Orders.withName(name, state)
	}
	nodes := slices.Clone(s.View.Nodes)
	for i, n := range nodes {
		if slices.Contains(incs, n.Incarnation) {
			nodes[i].State = state
		}
	}
	return ordered.withNodes(nodes)
}

// SetWeight returns the State after s in which the worker called name, and
// whoever has its name after it, has the weight, 1 to placement.MaxWeight; 0: by its
// capacity. was is the weight before, likewise. It refuses with ErrWeights what the
// ring cannot hold.
func SetWeight(s *State, live []placement.Node, name string, weight int) (next *State, was int, err error) {
	was = s.Orders.weight(name)
	if _, err := find(s, live, name); err != nil && was == 0 {
		return s, 0, err
	}
	switch {
	case weight < 0 || weight > placement.MaxWeight:
		return s, was, fmt.Errorf("%w: %d is not 1 to %d, or 0 for its capacity", ErrWeights, weight, placement.MaxWeight)
	case weight == was:
		return s, was, nil
	case was == 0 && len(s.Orders.Weights) == maxOrders:
		return s, was, fmt.Errorf("%w: %d workers have one already; set those of workers that are gone to 0", ErrWeights, maxOrders)
	}
	ordered := *s
	ordered.Orders = s.Orders.withWeight(name, weight)
	nodes, total, before := slices.Clone(s.View.Nodes), 0, 0
	for i, n := range nodes {
		before += n.Share()
		if n.Name == name {
			nodes[i].Weight = weight
		}
		total += nodes[i].Share()
	}
	if total > placement.MaxTotalWeight && total > before {
		return s, was, fmt.Errorf("%w: all workers together would have %d, at most %d", ErrWeights, total, placement.MaxTotalWeight)
	}
	next, err = ordered.withNodes(nodes)
	return next, was, err
}

// Remove returns the State after s in which the worker called name takes part no
// more: as another incarnation it may come back, by nothing else. It refuses
// with ErrHolds one that is active, or that holds partitions. Of one that is
// removed already, or gone, it forgets the weight, and what it was made.
func Remove(s *State, live []placement.Node, name string) (*State, error) {
	incs, err := find(s, live, name)
	if err != nil {
		gone := slices.ContainsFunc(live, func(n placement.Node) bool { return n.Name == name && s.Orders.IsRemoved(n.Incarnation) })
		switch {
		case s.Orders.weight(name) > 0, s.Orders.findName(name) >= 0:
		case gone:
			return s, nil
		default:
			return s, err
		}
		ordered := *s
		ordered.Orders = s.Orders.withWeight(name, 0).withoutName(name)
		return ordered.withNodes(s.View.Nodes)
	}
	if left := held(s.View, incs); left > 0 {
		return s, fmt.Errorf("%w: %d partitions have a copy there; drain it first, or if it is dead wait until they are made elsewhere (pikv wait --synced)", ErrHolds, left)
	}
	alive := incarnations(live)
	for _, n := range s.View.Nodes {
		if slices.Contains(incs, n.Incarnation) && n.State == placement.NodeActive && alive[n.Incarnation] {
			return s, fmt.Errorf("%w: it is active and would be given partitions; drain it first", ErrHolds)
		}
	}
	ordered := *s
	ordered.Orders = s.Orders.without(incs).withWeight(name, 0).withoutName(name)
	ordered.Orders.Leads = slices.DeleteFunc(slices.Clone(s.Orders.Leads), func(l placement.Lead) bool { return l.Name == name })
	nodes := slices.DeleteFunc(slices.Clone(s.View.Nodes), func(n placement.Node) bool { return slices.Contains(incs, n.Incarnation) })
	return ordered.withNodes(nodes)
}

// SetLeads returns the State after s with other leads, sorted by partition.
func SetLeads(s *State, leads []placement.Lead) *State {
	if slices.Equal(s.Orders.Leads, leads) {
		return s
	}
	next := *s
	next.Orders.Leads = leads
	return &next
}

// find returns the incarnations that an operator means by name.
func find(s *State, live []placement.Node, name string) ([]placement.Incarnation, error) {
	incs := named(s.View, live, name)
	if len(incs) == 0 {
		return nil, fmt.Errorf("%w; the workers are %s", ErrUnknownWorker, strings.Join(namesOf(s.View), ", "))
	}
	return incs, nil
}
