package register

import (
	"cmp"
	"fmt"
	"slices"

	"pikv/placement"
)

// Where a function takes live workers, they are the live ones as gossip knows
// them, one of a name, each with what a view says of a node; their State is the
// one that they were started with, active or spare.

// Nodes returns the State after s in which the view's nodes are those that
// live, those that a partition names, and the live workers that are ready to
// take part. What gossip says of a live one replaces what the view says, but
// for its state and its weight. It returns s itself when nothing changes.
func Nodes(s *State, live []placement.Node, ready func(placement.Incarnation) bool) (*State, error) {
	alive := make(map[placement.Incarnation]placement.Node, len(live))
	for _, w := range live {
		alive[w.Incarnation] = w
	}
	var nodes []placement.Node
	known, awaited := make(map[placement.Incarnation]bool), make(map[placement.Incarnation]bool)
	s.namedByFrozen(func(inc placement.Incarnation) { awaited[inc] = true })
	for _, n := range s.View.Nodes {
		known[n.Incarnation] = true
		if w, ok := alive[n.Incarnation]; ok {
			w.State, w.Weight = n.State, n.Weight
			nodes = append(nodes, w)
		} else if awaited[n.Incarnation] {
			nodes = append(nodes, n)
		} // WithNodes keeps the dead that a partition names
	}
	for _, w := range live {
		if !known[w.Incarnation] && ready(w.Incarnation) && !s.Orders.IsRemoved(w.Incarnation) {
			w.State, w.Weight = s.Orders.state(w), s.Orders.weight(w.Name)
			nodes = append(nodes, w)
		}
	}
	return s.withNodes(nodes)
}

// withNodes returns the State after s whose view has other nodes.
func (s *State) withNodes(nodes []placement.Node) (*State, error) {
	view, err := s.View.WithNodes(nodes)
	if err != nil {
		return nil, fmt.Errorf("change the view's nodes: %w", err)
	}
	if view == nil {
		return s, nil
	}
	return s.WithView(view), nil
}

// Ready returns the nodes of v that are to hold partitions: active, and alive.
func Ready(v *placement.View, live []placement.Node) []placement.Node {
	alive := incarnations(live)
	return slices.DeleteFunc(slices.Clone(v.Nodes), func(n placement.Node) bool {
		return n.State != placement.NodeActive || !alive[n.Incarnation]
	})
}

// named returns the incarnations in v that an operator means by name.
func named(v *placement.View, live []placement.Node, name string) []placement.Incarnation {
	alive := incarnations(live)
	var all []placement.Incarnation
	for _, n := range v.Nodes {
		if n.Name != name {
			continue
		}
		if alive[n.Incarnation] {
			return []placement.Incarnation{n.Incarnation}
		}
		all = append(all, n.Incarnation)
	}
	return all
}

// namesOf returns the names of v's nodes, each once.
func namesOf(v *placement.View) []string {
	var names []string
	for _, n := range v.Nodes {
		names = append(names, n.Name)
	}
	return slices.Compact(names)
}

// held counts the partitions of which one of incs is a replica, in sync or
// learning.
func held(v *placement.View, incs []placement.Incarnation) int {
	count := 0
	for p := range v.Partitions {
		if slices.ContainsFunc(incs, func(inc placement.Incarnation) bool { return v.Holds(placement.PartitionID(p), inc) }) {
			count++
		}
	}
	return count
}

// incarnations returns the set of nodes' incarnations.
func incarnations(nodes []placement.Node) map[placement.Incarnation]bool {
	set := make(map[placement.Incarnation]bool, len(nodes))
	for _, n := range nodes {
		set[n.Incarnation] = true
	}
	return set
}

// sortNodes sorts as a view's nodes are: by name, then incarnation.
func sortNodes(nodes []placement.Node) {
	slices.SortFunc(nodes, func(a, b placement.Node) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Incarnation, b.Incarnation))
	})
}
