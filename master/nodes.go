package master

import (
	"slices"

	"pikv/membership"
	"pikv/placement"
)

// workersOf returns the workers among members, in their order.
func workersOf(members []membership.Member) []membership.Member {
	return slices.DeleteFunc(slices.Clone(members), func(m membership.Member) bool { return m.Role != membership.RoleWorker })
}

// nodeOf returns a worker as a node of a view, in the state that it was started with.
func nodeOf(w membership.Member) placement.Node {
	n := placement.Node{
		Incarnation: placement.Incarnation(w.Incarnation), Name: w.Name, Addr: w.RPCAddr, RESPAddr: w.RESPAddr, Capacity: w.Capacity,
	}
	if w.Spare {
		n.State = placement.NodeSpare
	}
	return n
}

// liveOf returns the workers among members as package register takes them.
func liveOf(members []membership.Member) []placement.Node {
	var live []placement.Node
	for _, m := range members {
		if m.Role == membership.RoleWorker {
			live = append(live, nodeOf(m))
		}
	}
	return live
}

// silent returns the names of the live workers whose last report is not as
// wanted, or that have not reported, in the order of live.
func silent(live []placement.Node, heard map[placement.Incarnation]report, wanted func(report) bool) []string {
	var names []string
	for _, w := range live {
		if r, ok := heard[w.Incarnation]; !ok || !wanted(r) {
			names = append(names, w.Name)
		}
	}
	return names
}
