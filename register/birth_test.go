package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

func TestAClusterBeginsWhenEveryoneHoldsNothing(t *testing.T) {
	reports := map[inc]Report{1: {Follows: idA}, 2: {Follows: idA}}
	last := func(n inc) (Report, bool) { r, ok := reports[n]; return r, ok }
	require.True(t, CanBegin(idA, nodes(1, 2), last))
	require.False(t, CanBegin(idA, nil, last), "nobody to hold it")
	require.False(t, CanBegin(idA, nodes(1, 2, 3), last), "w3 has not spoken")
	for _, r := range []Report{{}, {Follows: idB}, {Follows: idA, Epoch: 3}, {Follows: idA, Claim: &placement.View{}}} {
		reports[2] = r
		require.False(t, CanBegin(idA, nodes(1, 2), last), "%+v", r)
	}
}

// A cluster of fewer workers than replicas begins; status and log say so.
func TestBegin(t *testing.T) {
	s, err := Begin(Birth{Cluster: "c", Partitions: 8, Replicas: 3}, idA, nodes(2, 1))
	require.NoError(t, err)
	require.NoError(t, s.View.Validate())
	require.Equal(t, nodes(1, 2), s.View.Nodes)
	require.Equal(t, 3, s.View.Replicas)
	for _, p := range s.View.Partitions {
		require.Equal(t, incs{1, 2}, p.InSync, "all of them are empty")
	}
	_, err = Begin(Birth{Cluster: "c", Partitions: 8, Replicas: 2}, idA, nil)
	require.ErrorIs(t, err, placement.ErrNoMembers)
}
