package register

import (
	"cmp"
	"maps"
	"slices"

	"pikv/placement"
)

// Claims are views that workers hold of older registers, by the worker.
type Claims map[placement.Incarnation]*placement.View

// ClaimsOf returns the claims of those that follow id, each by its holder. Those
// of workers that are gone count only when nobody else has one: they tell of
// what was, but an operator who has restarted a worker wants to hear no more of
// what it held.
func ClaimsOf(id placement.MasterID, reports []Report) Claims {
	told, gone := make(Claims), make(Claims)
	for _, r := range reports {
		switch {
		case r.Follows != id || r.Claim == nil:
		case r.Gone:
			gone[r.Incarnation] = r.Claim
		default:
			told[r.Incarnation] = r.Claim
		}
	}
	if len(told) == 0 {
		return gone
	}
	return told
}

// holders returns whose claims they are, in order.
func (c Claims) holders() []placement.Incarnation { return slices.Sorted(maps.Keys(c)) }

// ordered returns the views of c and, if it is not nil, first; the latest
// first, and in an order that does not depend on the map's.
func (c Claims) ordered(first *placement.View) []*placement.View {
	var views []*placement.View
	if first != nil {
		views = append(views, first)
	}
	for _, inc := range c.holders() {
		views = append(views, c[inc])
	}
	slices.SortStableFunc(views, func(a, b *placement.View) int { return cmp.Compare(b.Epoch, a.Epoch) })
	return views
}

// of returns the configuration of partition p that holder claims, and whether
// holder is in sync in it.
func (c Claims) of(holder placement.Incarnation, p placement.PartitionID) (conf placement.Partition, own bool) {
	conf = c[holder].Partitions[p]
	return conf, slices.Contains(conf.InSync, holder)
}

// nodesOf returns keep, and every node that a configuration of s names, as the
// first view that knows it has it; sorted.
func nodesOf(s *State, views []*placement.View, keep ...placement.Node) []placement.Node {
	nodes := slices.Clone(keep)
	have := make(map[placement.Incarnation]bool)
	for _, n := range keep {
		have[n.Incarnation] = true
	}
	named := make(map[placement.Incarnation]bool)
	for _, conf := range s.View.Partitions {
		for _, inc := range replicasOf(conf) {
			named[inc] = true
		}
	}
	s.namedByFrozen(func(inc placement.Incarnation) { named[inc] = true })
	for _, v := range views {
		for _, n := range v.Nodes {
			if named[n.Incarnation] && !have[n.Incarnation] {
				have[n.Incarnation] = true
				nodes = append(nodes, n)
			}
		}
	}
	sortNodes(nodes)
	return nodes
}

// withForsworn returns ids and those of views, other than own, the latest
// last; bounded.
func withForsworn(ids []placement.MasterID, own placement.MasterID, views []*placement.View) []placement.MasterID {
	out := slices.Clone(ids)
	for _, v := range views {
		if v.MasterID != own && !slices.Contains(out, v.MasterID) {
			out = append(out, v.MasterID)
		}
	}
	return out[max(0, len(out)-maxForsworn):]
}

// replicasOf returns the in-sync replicas and the learners of c.
func replicasOf(c placement.Partition) []placement.Incarnation {
	return slices.Concat(c.InSync, c.Learners)
}

// allOf reports whether ok holds for every one of incs.
func allOf(incs []placement.Incarnation, ok func(placement.Incarnation) bool) bool {
	return !slices.ContainsFunc(incs, func(inc placement.Incarnation) bool { return !ok(inc) })
}
