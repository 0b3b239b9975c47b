package master

import (
	"fmt"
	"slices"
	"time"

	"pikv/membership"
	"pikv/placement"
)

// workersOf returns the workers among members, in their order.
func workersOf(members []membership.Member) []membership.Member {
	return slices.DeleteFunc(slices.Clone(members), func(m membership.Member) bool { return m.Role != membership.RoleWorker })
}

// nodeOf returns an active node of the view for a worker.
func nodeOf(w membership.Member) placement.Node {
	return placement.Node{Incarnation: placement.Incarnation(w.Incarnation), Name: w.Name, Addr: w.RPCAddr, Capacity: w.Capacity}
}

// nodesAfter returns the nodes that v ought to have: those that live, those
// that a partition names, and the live workers that are ready to take part.
// What gossip says of a live one replaces what the view says, but for its
// state. The second result tells whether that differs from what v has. Pure.
func nodesAfter(v *placement.View, workers []membership.Member, heard map[placement.Incarnation]report, now time.Time) ([]placement.Node, bool) {
	alive := make(map[placement.Incarnation]membership.Member, len(workers))
	for _, w := range workers {
		alive[placement.Incarnation(w.Incarnation)] = w
	}
	named := make(map[placement.Incarnation]bool)
	for _, conf := range v.Partitions {
		for _, inc := range conf.InSync {
			named[inc] = true
		}
		for _, inc := range conf.Learners {
			named[inc] = true
		}
	}
	var nodes []placement.Node
	known := make(map[placement.Incarnation]bool)
	for _, n := range v.Nodes {
		known[n.Incarnation] = true
		if w, ok := alive[n.Incarnation]; ok {
			state := n.State
			n = nodeOf(w)
			n.State = state
		} else if !named[n.Incarnation] {
			continue
		}
		nodes = append(nodes, n)
	}
	for _, w := range workers {
		inc := placement.Incarnation(w.Incarnation)
		if !known[inc] && heard[inc].ready(v.MasterID, now) {
			nodes = append(nodes, nodeOf(w))
		}
	}
	sortNodes(nodes)
	return nodes, !slices.Equal(nodes, v.Nodes)
}

// withNodes returns the State after s in which v has other nodes.
func withNodes(s *State, nodes []placement.Node) (*State, error) {
	view, err := s.View.WithNodes(nodes)
	if err != nil {
		return nil, fmt.Errorf("change the view's nodes: %w", err)
	}
	if view == nil {
		return s, nil
	}
	return s.withView(view), nil
}

// ringNodes returns the nodes of v that are to hold partitions: active, and
// alive by gossip.
func ringNodes(v *placement.View, workers []membership.Member) []placement.Node {
	alive := make(map[placement.Incarnation]bool, len(workers))
	for _, w := range workers {
		alive[placement.Incarnation(w.Incarnation)] = true
	}
	return slices.DeleteFunc(slices.Clone(v.Nodes), func(n placement.Node) bool {
		return n.State != placement.NodeActive || !alive[n.Incarnation]
	})
}
