package placement

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// ErrTarget is returned by NewView when the target names anything but active
// nodes, or nobody for a partition.
var ErrTarget = errors.New("the target does not fit the nodes")

// NewView returns the first view of a cluster, with epoch 1: the nodes of each
// partition's target, the primary first, are in sync, since all of them are
// empty. The caller is sure of that. Nodes may be in any order; partitions are
// as many as target has rows. The result has passed Validate.
func NewView(cluster string, id MasterID, replicas int, nodes []Node, target [][]string) (*View, error) {
	v := &View{Cluster: cluster, MasterID: id, Epoch: 1, Replicas: replicas, Nodes: slices.Clone(nodes)}
	slices.SortFunc(v.Nodes, compareNodes)
	active := make(map[string]Incarnation, len(nodes))
	for _, n := range v.Nodes {
		if n.State != NodeActive {
			continue
		}
		if active[n.Name] != 0 {
			return nil, fmt.Errorf("make first view: two active nodes %q: %w", n.Name, ErrTarget)
		}
		active[n.Name] = n.Incarnation
	}
	v.Partitions = make([]Partition, len(target))
	for p, names := range target {
		inSync := make([]Incarnation, len(names))
		for i, name := range names {
			inSync[i] = active[name]
		}
		if len(names) == 0 || slices.Contains(inSync, 0) {
			return nil, fmt.Errorf("make first view: partition %d wants %q: %w", p, names, ErrTarget)
		}
		v.Partitions[p] = Partition{Epoch: 1, Primary: inSync[0], InSync: inSync}
		slices.Sort(inSync)
	}
	if err := v.Validate(); err != nil {
		return nil, fmt.Errorf("make first view: %w", err)
	}
	return v, nil
}

// compareNodes orders nodes by name, then incarnation.
func compareNodes(a, b Node) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Incarnation, b.Incarnation))
}

// Clone returns a copy that shares no slice with v.
func (v *View) Clone() *View {
	c := *v
	c.Nodes = slices.Clone(v.Nodes)
	c.Partitions = slices.Clone(v.Partitions)
	for i := range c.Partitions {
		p := &c.Partitions[i]
		p.InSync = slices.Clone(p.InSync)
		p.Learners = slices.Clone(p.Learners)
	}
	return &c
}

// Node finds a node by its incarnation.
func (v *View) Node(inc Incarnation) (Node, bool) {
	for _, n := range v.Nodes {
		if n.Incarnation == inc {
			return n, true
		}
	}
	return Node{}, false
}

// Owner returns the node of p's primary, and false when there is no such
// partition.
func (v *View) Owner(p PartitionID) (Node, bool) {
	if int(p) >= len(v.Partitions) {
		return Node{}, false
	}
	return v.Node(v.Partitions[p].Primary)
}

// Holds reports whether inc is a replica of p: in sync or a learner.
func (v *View) Holds(p PartitionID, inc Incarnation) bool {
	if int(p) >= len(v.Partitions) {
		return false
	}
	part := v.Partitions[p]
	return slices.Contains(part.InSync, inc) || slices.Contains(part.Learners, inc)
}

// WithNodes returns the view after v in which Nodes are the given ones, in
// any order, and those of v that a partition still names. WithNodes returns a
// nil view when nothing would change, and an error when the result would not
// pass Validate.
func (v *View) WithNodes(nodes []Node) (*View, error) {
	given := make(map[Incarnation]bool, len(nodes))
	merged := slices.Clone(nodes)
	for _, n := range merged {
		given[n.Incarnation] = true
	}
	named := v.named()
	for _, n := range v.Nodes {
		if named[n.Incarnation] && !given[n.Incarnation] {
			merged = append(merged, n)
		}
	}
	slices.SortFunc(merged, compareNodes)
	if slices.Equal(merged, v.Nodes) {
		return nil, nil
	}
	next := *v
	next.Epoch++
	next.Nodes = merged
	if err := next.Validate(); err != nil {
		return nil, fmt.Errorf("change nodes of view %d: %w", v.Epoch, err)
	}
	return &next, nil
}

// named returns every incarnation that a partition of v names.
func (v *View) named() map[Incarnation]bool {
	named := make(map[Incarnation]bool)
	for _, p := range v.Partitions {
		for _, inc := range p.InSync {
			named[inc] = true
		}
		for _, inc := range p.Learners {
			named[inc] = true
		}
	}
	return named
}
