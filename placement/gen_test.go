package placement

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// genView draws a valid view of up to 6 nodes and up to 8 partitions.
func genView(t *rapid.T) *View {
	v := &View{
		Cluster:  "test",
		MasterID: 7,
		Epoch:    Epoch(rapid.IntRange(1, 9).Draw(t, "epoch")),
		Replicas: rapid.IntRange(1, 3).Draw(t, "replicas"),
	}
	count := rapid.IntRange(1, 6).Draw(t, "nodes")
	for i := range count {
		v.Nodes = append(v.Nodes, testNode(fmt.Sprintf("w%d", i+1), genState(t)))
	}
	v.Partitions = make([]Partition, genPartitions(t, 3))
	for i := range v.Partitions {
		v.Partitions[i] = genPartition(t, v)
	}
	return v
}

func genState(t *rapid.T) NodeState {
	if rapid.IntRange(0, 4).Draw(t, "draining") == 0 {
		return NodeDraining
	}
	return NodeActive
}

// genPartition draws a valid configuration over v's nodes.
func genPartition(t *rapid.T, v *View) Partition {
	p := Partition{Epoch: Epoch(rapid.IntRange(1, int(v.Epoch)).Draw(t, "partition epoch"))}
	p.Primary = genNode(t, v)
	p.Replaced = rapid.Bool().Draw(t, "replaced")
	p.Life = uint32(rapid.SampledFrom([]int{0, 0, 1, MaxLife}).Draw(t, "life"))
	for _, n := range v.Nodes {
		role := rapid.IntRange(0, 3).Draw(t, "role")
		if n.Incarnation == p.Primary || role == 1 {
			p.InSync = with(p.InSync, n.Incarnation)
		} else if role == 2 {
			p.Learners = with(p.Learners, n.Incarnation)
		}
	}
	return p
}

func genNode(t *rapid.T, v *View) Incarnation {
	return rapid.SampledFrom(v.Nodes).Draw(t, "node").Incarnation
}

// genChange draws a change to v that is often, but not always, allowed.
func genChange(t *rapid.T, v *View) Change {
	c := Change{
		Kind:      ChangeKind(rapid.IntRange(0, int(Replace)+1).Draw(t, "kind")),
		Partition: PartitionID(rapid.IntRange(0, len(v.Partitions)).Draw(t, "partition")),
		Node:      genNode(t, v),
		Asker:     genNode(t, v),
	}
	if int(c.Partition) < len(v.Partitions) && rapid.IntRange(0, 3).Draw(t, "informed") > 0 {
		c.Epoch = v.Partitions[c.Partition].Epoch
		c.Asker = v.Partitions[c.Partition].Primary
		if c.Kind == Replace {
			c.Asker = rapid.SampledFrom(v.Partitions[c.Partition].InSync).Draw(t, "in-sync asker")
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "stranger") == 0 {
		c.Node = 99
	}
	return c
}

// testNode returns a node whose incarnation follows from its name's last
// character.
func testNode(name string, state NodeState) Node {
	return Node{
		Incarnation: Incarnation(name[len(name)-1]),
		Name:        name,
		Addr:        name + ":7700",
		RESPAddr:    name + ":7379",
		Capacity:    1 << 30,
		State:       state,
	}
}

// equalViews compares two views, a nil list with an empty one as equal.
func equalViews(a, b *View) bool {
	return a.Cluster == b.Cluster && a.MasterID == b.MasterID && a.Epoch == b.Epoch && a.Whole == b.Whole && a.Replicas == b.Replicas &&
		slices.Equal(a.Nodes, b.Nodes) && slices.EqualFunc(a.Partitions, b.Partitions, equalPartitions)
}

func equalPartitions(a, b Partition) bool {
	return a.Epoch == b.Epoch && a.Primary == b.Primary && a.Replaced == b.Replaced && a.Life == b.Life &&
		slices.Equal(a.InSync, b.InSync) && slices.Equal(a.Learners, b.Learners)
}
