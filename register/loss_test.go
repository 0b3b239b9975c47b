package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// lossy has a partition of every fate when w1, w2 and w5 live, w4 is silent
// and w3 is back empty.
func lossy(t *testing.T) (*State, []placement.Node) {
	s := &State{View: view(t, idA, 9,
		conf(9, incs{1}), conf(9, incs{1, 3}), // served
		conf(9, incs{4, 1}), conf(9, incs{3, 4}), // waiting for w1, for w4
		conf(9, incs{4}),                   // silent
		conf(9, incs{3}), conf(9, incs{3}), // lost
	)}
	live := append(nodes(1, 2, 5), again(3))
	s, err := Nodes(s, live, among(53))
	require.NoError(t, err)
	return s, live
}

func TestFates(t *testing.T) {
	s, live := lossy(t)
	require.Equal(t, []Fate{Served, Served, Waiting, Silent, Silent, Lost, Lost, Served}, Fates(s.View, live, nil))
	require.Equal(t, Silent, Fates(s.View, live, among(3))[5], "gossip says that w3 was restarted, but the old one reports still")

	s.Frozen = []Frozen{icy(4, conf(9, incs{1})), icy(5, conf(9, incs{1}))}
	ids, frozen := Given(s, Fates(s.View, live, nil), Silent)
	require.Equal(t, []placement.PartitionID{3, 6}, ids)
	require.Equal(t, 2, frozen)
}

func TestResetBeginsNewLives(t *testing.T) {
	s, live := lossy(t)
	next, err := Reset(s, []placement.PartitionID{6, 4, 6, 5}, live)
	require.NoError(t, err)
	require.NoError(t, next.View.Validate())
	require.Equal(t, s.View.Epoch+1, next.View.Epoch)
	ring, err := placement.NewRing(placement.ActiveMembers(live), 8)
	require.NoError(t, err)
	for p, was := range s.View.Partitions {
		is := next.View.Partitions[p]
		if p < 4 || p > 6 {
			require.Equal(t, was, is)
			continue
		}
		owner, _ := next.View.Owner(placement.PartitionID(p))
		require.Equal(t, ring.Owner(placement.PartitionID(p)), owner.Name)
		require.Equal(t, placement.Partition{Epoch: next.View.Epoch, Primary: owner.Incarnation, InSync: incs{owner.Incarnation}, Replaced: true, Life: 1}, is)
	}
	same, err := Reset(s, nil, live)
	require.NoError(t, err)
	require.Same(t, s, same)
}

func TestResetRefuses(t *testing.T) {
	s, live := lossy(t)
	s.Frozen = []Frozen{icy(5, conf(9, incs{1}))}
	for text, ids := range map[string][]placement.PartitionID{
		`partition 2 is in sync on "w1", which is alive`: {2, 4},
		`partition 0 is in sync on "w1"`:                 {0},
		"partition 5 is frozen":                          {4, 5},
		"there is no partition 8":                        {8},
	} {
		next, err := Reset(s, ids, live)
		require.ErrorIs(t, err, ErrResetRefused)
		require.ErrorContains(t, err, text)
		require.Same(t, s, next)
	}
	_, err := Reset(s, []placement.PartitionID{0, 1, 2, 8, 9, 10, 11, 12, 13, 14}, live)
	require.ErrorContains(t, err, "and others")
	_, err = Reset(s, []placement.PartitionID{4}, nil)
	require.ErrorIs(t, err, ErrResetRefused)
	require.ErrorContains(t, err, "no live active worker")
}

func TestWithReplicas(t *testing.T) {
	s, _ := lossy(t)
	next, err := s.WithReplicas(3)
	require.NoError(t, err)
	require.Equal(t, 3, next.View.Replicas)
	same, err := next.WithReplicas(3)
	require.NoError(t, err)
	require.Same(t, next, same)
	_, err = s.WithReplicas(4)
	require.ErrorIs(t, err, placement.ErrInvalid)
	_, err = (&State{}).WithReplicas(2)
	require.ErrorIs(t, err, ErrNoView)
}
