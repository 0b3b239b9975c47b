package master

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
)

func TestAClusterIsBornOnlyWhenAllSayThatTheyHoldNothing(t *testing.T) {
	empty := report{follows: idA}
	for name, c := range map[string]struct {
		workers []membership.Member
		heard   map[inc]report
		want    bool
	}{
		"nobody is there":          {nil, nil, false},
		"all are empty":            {workers(1, 2), map[inc]report{1: empty, 2: empty}, true},
		"one has not spoken":       {workers(1, 2), map[inc]report{1: empty}, false},
		"one follows nobody yet":   {workers(1, 2), map[inc]report{1: empty, 2: {}}, false},
		"one holds a view":         {workers(1, 2), map[inc]report{1: empty, 2: {follows: idA, epoch: 3}}, false},
		"one has a claim":          {workers(1, 2), map[inc]report{1: empty, 2: {follows: idA, claim: &placement.View{}}}, false},
		"one that spoke has gone":  {workers(1), map[inc]report{1: empty, 2: {follows: idA, epoch: 3}}, true},
		"another incarnation came": {workers(3), map[inc]report{1: empty}, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, canBegin(c.workers, c.heard, idA))
		})
	}
}

func TestSilentNamesWhoIsMissing(t *testing.T) {
	heard := map[inc]report{1: {follows: idA}, 3: {follows: idB}}
	require.Equal(t, []string{"w2", "w3"}, silent(workers(1, 2, 3), heard, emptyFollower(idA)))
}

func TestAClusterBeginsWithEveryPartitionOwned(t *testing.T) {
	cfg := Config{Cluster: "test", Partitions: 64, Replicas: 1}
	s, err := begin(cfg, idA, workers(3, 1, 2))
	require.NoError(t, err)
	require.NoError(t, s.View.Validate())
	require.Equal(t, placement.Epoch(1), s.View.Epoch)
	owned := make(map[inc]int)
	for _, c := range s.View.Partitions {
		owned[c.Primary]++
	}
	require.Len(t, owned, 3)
}
