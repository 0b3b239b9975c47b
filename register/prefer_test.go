package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// A take-over goes to the in-sync backup that the ring wants, if that one is
// there; to any other in-sync replica it is as safe.
func TestPrefer(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1, 2, 3}), conf(9, incs{1, 2}, 3), conf(8, incs{4}), conf(7, incs{1, 2, 3}))
	target := [][]string{{"w1", "w3", "w2"}, {"w3", "w2"}, {"w4"}, {"w4", "w9", "w5"}}
	replace := func(p placement.PartitionID, asker, to inc) placement.Change {
		return placement.Change{Kind: placement.Replace, Partition: p, Epoch: 9, Asker: asker, Node: to}
	}
	all := func(placement.Node) bool { return true }
	for what, c := range map[string]struct {
		asked   placement.Change
		present func(placement.Node) bool
		want    inc
	}{
		"the wanted backup asks for itself":   {replace(0, 3, 3), all, 3},
		"another one asks for itself":         {replace(0, 2, 2), all, 3},
		"the wanted one is not there":         {replace(0, 2, 2), func(n placement.Node) bool { return n.Name != "w3" }, 2},
		"the wanted one is a learner":         {replace(1, 2, 2), all, 2},
		"none of the wanted ones is in sync":  {replace(3, 2, 3), all, 3},
		"a partition that there is not":       {replace(9, 2, 2), all, 2},
		"another kind is left alone":          {placement.Change{Kind: placement.HandOver, Epoch: 9, Asker: 1, Node: 2}, all, 2},
		"to a stranger, which is not in sync": {replace(1, 2, 77), all, 2},
	} {
		t.Run(what, func(t *testing.T) {
			asked := []placement.Change{c.asked}
			got := Prefer(v, target, asked, c.present)
			want := c.asked
			want.Node = c.want
			require.Equal(t, []placement.Change{want}, got)
			require.Equal(t, c.asked, asked[0], "the request was altered")
		})
	}
	asked := []placement.Change{replace(0, 2, 2)}
	require.Equal(t, asked, Prefer(v, nil, asked, all))
	v.Nodes[2].State = placement.NodeDraining
	require.Equal(t, asked, Prefer(v, target, asked, all), "w3 is draining")
}
