package register

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// among returns a function that says which workers have followed.
func among(ns ...inc) func(inc) bool {
	return func(n inc) bool {
		return slices.Contains(ns, n)
	}
}

// other returns v as a cluster of other workers has it.
func other(v *placement.View) *placement.View {
	v = v.Clone()
	for i := range v.Nodes {
		v.Nodes[i].Incarnation += 100
	}
	for i := range v.Partitions {
		for j := range v.Partitions[i].InSync {
			v.Partitions[i].InSync[j] += 100
		}
		v.Partitions[i].Primary += 100
	}
	return v
}

// Two clusters of one name have met, and the master that could tell them apart
// has lost its file: nothing is guessed.
func TestRebuildRefusesToMixClusters(t *testing.T) {
	ours, later := view(t, idA, 3, conf(1, incs{1})), view(t, idC, 9, conf(1, incs{1}))
	for name, c := range map[string]struct {
		file *placement.View
		told Claims
		ok   bool
		text string
	}{
		"one register":                      {nil, Claims{1: ours, 2: view(t, idA, 4, conf(1, incs{1}))}, true, ""},
		"one after the other":               {nil, Claims{1: ours, 2: later}, true, ""},
		"another number of partitions":      {nil, Claims{1: ours, 2: view(t, idB, 3, conf(1, incs{1}), conf(1, incs{1}))}, false, "known to w1, another to w2"},
		"other workers":                     {nil, Claims{1: ours, 102: other(view(t, idB, 2, conf(1, incs{1})))}, false, "known to w1, another to w2"},
		"other workers than the file's":     {later, Claims{102: other(view(t, idB, 10, conf(1, incs{1})))}, false, "known to w2, another to this master's file"},
		"a later file than other workers'":  {later, Claims{102: other(view(t, idB, 2, conf(1, incs{1})))}, false, "known to this master's file, another to w2"},
		"all workers are new, the id's not": {ours, Claims{102: other(view(t, idA, 10, conf(1, incs{1})))}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Rebuild(0xd, &State{View: c.file}, c.told, among(), false)
			if c.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrTwoClusters)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestForswornIsBounded(t *testing.T) {
	var ids []placement.MasterID
	for i := range 3 * maxForsworn {
		ids = withForsworn(ids, idA, []*placement.View{{MasterID: placement.MasterID(100 + i)}, {MasterID: idA}})
	}
	require.Len(t, ids, maxForsworn)
	require.Equal(t, placement.MasterID(100+3*maxForsworn-1), ids[maxForsworn-1])
}
