package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// Rule 4: the highest configuration of each partition, whoever reported it,
// frozen until all who could know of a later one have followed.
func TestRebuildTakesTheHighestConfigurations(t *testing.T) {
	old := &State{View: view(t, idA, 5, conf(1, incs{1}), conf(5, incs{1}, 2), conf(3, incs{3}, 1), conf(1, incs{4})), Forsworn: []placement.MasterID{0xf}}
	told := Claims{
		1: view(t, idA, 9, conf(9, incs{2, 1}), conf(5, incs{1}, 2), conf(2, incs{3}), conf(1, incs{4})),
		2: view(t, idA, 7, conf(1, incs{1}), conf(7, incs{2, 1}), conf(2, incs{3}), conf(1, incs{4})),
	}
	s, err := Rebuild(id2, old, told, among(1, 2, 3), false)
	require.NoError(t, err)
	require.NoError(t, s.View.Validate())
	require.Equal(t, id2, s.View.MasterID)
	require.Equal(t, []placement.Partition{conf(9, incs{2, 1}), conf(7, incs{2, 1}), conf(3, incs{3}, 1), conf(1, incs{4})}, s.View.Partitions)
	require.Equal(t, []Frozen{{Partition: 3, Known: []placement.Partition{conf(1, incs{4})}, Awaits: incs{4}}}, s.Frozen, "w4 has not reported")
	require.Equal(t, []placement.MasterID{0xf, idA}, s.Forsworn)
	require.Equal(t, epochs+1, s.View.Epoch)
	require.Equal(t, placement.Epoch(3), s.View.Partitions[2].Epoch, "keeps its epoch, so it keeps serving")
}

// The schedule that this prevents, with a register that waits for the in-sync
// replicas only:
//
//	w1 leads alone, w2 learns: epoch 5
//	w1 asks to promote w2: epoch 6, which w2 fetches and w1 does not
//	w1 is cut off; w2 replaces it and serves alone: epoch 7
//	the file is lost, w2 is cut off from the master, w1 is back and reports 5
//	w1, not frozen, drops the silent learner w2: both serve
func TestRebuildWaitsForLearnersToo(t *testing.T) {
	knew := view(t, idA, 5, conf(5, incs{1}, 2))
	s, err := Rebuild(id2, &State{}, Claims{1: knew}, among(1), false)
	require.NoError(t, err)
	require.Equal(t, []Frozen{{Partition: 0, Known: []placement.Partition{conf(5, incs{1}, 2)}, Held: true, Awaits: incs{2}}}, s.Frozen)
	v := view(t, idA, 7, conf(7, incs{2}))
	s = Hear(s, Claims{2: v}, among(1, 2))
	require.Empty(t, s.Frozen)
	require.Equal(t, incs{2}, s.View.Partitions[0].InSync)
	require.Equal(t, s.View.Epoch, s.View.Partitions[0].Epoch, "everybody must learn of it")
}

// The schedule that this prevents, with a register that waits for the replicas
// of the highest configuration only:
//
//	w1 leads, w2 backs it up: epoch 5
//	register B takes over, hears both, and lets w1 drop w2: epoch B6, which
//	only w3, a bystander, fetches
//	register C takes over, hears w1 and w2, who know of nothing: w2 replaces w1
//	and serves alone: epoch C6
//	C's file is lost: w3 reports B6, in which w1 is alone, and w1 reports 5
//	w1, not frozen, serves alone: and so does w2
func TestRebuildWaitsForTheReplicasOfWhatWasInForce(t *testing.T) {
	five := conf(5, incs{1, 2})
	dropped := view(t, id2, epochs+6, conf(epochs+6, incs{1}))
	s, err := Rebuild(placement.NewMasterID(4, 9), &State{}, Claims{1: view(t, idA, 5, five), 3: dropped}, among(1, 3), false)
	require.NoError(t, err)
	require.Equal(t, []Frozen{{Partition: 0, Known: []placement.Partition{five, conf(epochs+6, incs{1})}, Held: true, Awaits: incs{2}}}, s.Frozen)
	require.Equal(t, five, s.View.Partitions[0], "what was in force stays so")

	replaced := view(t, id3, 2*epochs+6, conf(2*epochs+6, incs{2}))
	s = Hear(s, Claims{2: replaced}, among(1, 2, 3))
	require.Empty(t, s.Frozen)
	require.Equal(t, incs{2}, s.View.Partitions[0].InSync)
}

func TestRebuildWithoutAFile(t *testing.T) {
	s, err := Rebuild(id2, &State{}, Claims{4: view(t, idA, 9, conf(9, incs{4}))}, among(4), false)
	require.NoError(t, err)
	require.Empty(t, s.Frozen)
	require.Equal(t, []placement.Node{node(4)}, s.View.Nodes, "only who is named; the others join anew")
	_, err = Rebuild(id2, &State{}, nil, among(), false)
	require.ErrorIs(t, err, ErrNothingToRecover)
}

// A register that was frozen itself when its file was lost remembers why.
func TestRebuildTakesUpWhatTheFileKnewOfFrozenPartitions(t *testing.T) {
	five, six := conf(5, incs{1, 2}), conf(6, incs{1})
	old := &State{View: view(t, id2, epochs+1, five), Frozen: []Frozen{{Partition: 0, Known: []placement.Partition{five, six}, Held: true, Awaits: incs{2}}}}
	s, err := Rebuild(id3, old, Claims{1: view(t, id2, epochs+1, five)}, among(1), false)
	require.NoError(t, err)
	require.Equal(t, old.Frozen, s.Frozen)
	s = Hear(s, nil, among(1, 2))
	require.Equal(t, incs{1}, s.View.Partitions[0].InSync, "the later one, now that nobody can know better")
}

func TestRebuildDoesNotDependOnOrder(t *testing.T) {
	told := Claims{}
	for n := inc(1); n <= 5; n++ { // same epoch, different content: a bug elsewhere, but one answer here
		told[n] = view(t, idA, 9, conf(9, incs{n}))
	}
	first, err := Rebuild(id2, &State{}, told, among(), false)
	require.NoError(t, err)
	for range 20 {
		again, err := Rebuild(id2, &State{}, told, among(), false)
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
}

// With --recover nobody is waited for. The schedule that is prevented, with a
// configuration that keeps its epoch:
//
//	w1 leads, w2 backs it up: epoch 5; w2 replaces w1, which does not learn of it: epoch 7
//	the file is lost, w2 is cut off, the operator says --recover: the view has epoch 5
//	w2 is back and adopts the view, but for this partition, of which it knows better
//	both serve, and w1's writes wait for ever for w2
func TestWhatIsForcedBeginsAnew(t *testing.T) {
	told := Claims{1: view(t, idA, 5, conf(5, incs{1, 2}), conf(5, incs{1}))}
	s, err := Rebuild(id2, &State{}, told, among(1), true)
	require.NoError(t, err)
	require.Empty(t, s.Frozen)
	require.Equal(t, forced(s.View.Epoch, incs{1, 2}), s.View.Partitions[0])
	require.Equal(t, conf(5, incs{1}), s.View.Partitions[1], "nobody was waited for")
	s, err = Rebuild(id2, &State{}, told, among(1), false)
	require.NoError(t, err)
	s = s.ThawAll()
	require.Equal(t, forced(s.View.Epoch, incs{1, 2}), s.View.Partitions[0])
}
