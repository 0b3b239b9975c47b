package register

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

const (
	idA placement.MasterID = 0xa // of generation 0
	idB placement.MasterID = 0xb
	idC placement.MasterID = 0xc
	id2 placement.MasterID = 2<<40 | 0x2 // of generation 2
	id3 placement.MasterID = 3<<40 | 0x3
)

type (
	inc  = placement.Incarnation
	incs = []placement.Incarnation
)

// node returns an active node called wN with incarnation N.
func node(n inc) placement.Node {
	return placement.Node{Incarnation: n, Name: fmt.Sprintf("w%d", n), Addr: fmt.Sprintf("10.0.0.%d:7700", n), Capacity: 1 << 20}
}

func nodes(ns ...inc) []placement.Node {
	var all []placement.Node
	for _, n := range ns {
		all = append(all, node(n))
	}
	return all
}

// again returns node(n) after a restart.
func again(n inc) placement.Node {
	nd := node(n)
	nd.Incarnation += 50
	return nd
}

// conf is a configuration whose primary is the first of inSync.
func conf(e placement.Epoch, inSync incs, learners ...inc) placement.Partition {
	return placement.Partition{Epoch: e, Primary: inSync[0], InSync: slices.Sorted(slices.Values(inSync)), Learners: slices.Sorted(slices.Values(learners))}
}

// forced is what a partition gets that waits for nobody any more.
func forced(e placement.Epoch, inSync incs) placement.Partition {
	c := conf(e, inSync)
	c.Replaced = true
	return c
}

// icy is partition p, frozen as long as worker 99 has not spoken.
func icy(p placement.PartitionID, known ...placement.Partition) Frozen {
	return Frozen{Partition: p, Known: known, Awaits: incs{99}}
}

// view returns a valid view of nodes w1..w5 and the given configurations, and
// as many more of w5 as make their number a power of two.
func view(t *testing.T, id placement.MasterID, e placement.Epoch, parts ...placement.Partition) *placement.View {
	t.Helper()
	v := &placement.View{Cluster: "test", MasterID: id, Epoch: e, Replicas: 2, Partitions: parts}
	for placement.CheckPartitions(len(v.Partitions)) != nil {
		v.Partitions = append(v.Partitions, conf(1, incs{5}))
	}
	v.Nodes = nodes(1, 2, 3, 4, 5)
	require.NoError(t, v.Validate())
	return v
}
