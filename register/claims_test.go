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

// Rule 4: the highest configuration of each partition, whoever reported it,
// frozen until all of its in-sync replicas have followed.
func TestRebuildTakesTheHighestConfigurations(t *testing.T) {
	old := &State{View: view(t, idA, 5, conf(1, incs{1}), conf(5, incs{1}, 2), conf(3, incs{3}, 1), conf(1, incs{4})), Forsworn: []placement.MasterID{0xf}}
	told := Claims{
		1: view(t, idA, 9, conf(9, incs{2, 1}), conf(5, incs{1}, 2), conf(2, incs{3}), conf(1, incs{4})),
		2: view(t, idA, 7, conf(1, incs{1}), conf(7, incs{2, 1}), conf(2, incs{3}), conf(1, incs{4})),
	}
	s, err := Rebuild(idC, old, told, among(1, 2, 3))
	require.NoError(t, err)
	require.NoError(t, s.View.Validate())
	require.Equal(t, idC, s.View.MasterID)
	require.Equal(t, []placement.Partition{conf(9, incs{2, 1}), conf(7, incs{2, 1}), conf(3, incs{3}, 1), conf(1, incs{4})}, s.View.Partitions)
	require.Equal(t, []Frozen{{3, 1}}, s.Frozen, "w4 has not reported")
	require.Equal(t, []placement.MasterID{0xf, idA}, s.Forsworn)
	require.Greater(t, s.View.Epoch, placement.Epoch(9)+generation, "a straggler may be at more than 9")
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
	s, err := Rebuild(idC, &State{}, Claims{1: knew}, among(1))
	require.NoError(t, err)
	require.Equal(t, []Frozen{{0, 5}}, s.Frozen)
	v := view(t, idA, 7, conf(7, incs{2}))
	s = Hear(s, Claims{2: v}, among(1, 2))
	require.Empty(t, s.Frozen)
	require.Equal(t, incs{2}, s.View.Partitions[0].InSync)
}

func TestRebuildWithoutAFile(t *testing.T) {
	s, err := Rebuild(idC, &State{}, Claims{4: view(t, idA, 9, conf(9, incs{4}))}, among(4))
	require.NoError(t, err)
	require.Empty(t, s.Frozen)
	require.Equal(t, []placement.Node{node(4)}, s.View.Nodes, "only who is named; the others join anew")
	_, err = Rebuild(idC, &State{}, nil, among())
	require.ErrorIs(t, err, ErrNothingToRecover)
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
			_, err := Rebuild(0xd, &State{View: c.file}, c.told, among())
			if c.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrTwoClusters)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestRebuildDoesNotDependOnOrder(t *testing.T) {
	told := Claims{}
	for n := inc(1); n <= 5; n++ { // same epoch, different content: a bug elsewhere, but one answer here
		told[n] = view(t, idA, 9, conf(9, incs{n}))
	}
	first, err := Rebuild(idC, &State{}, told, among())
	require.NoError(t, err)
	for range 20 {
		again, err := Rebuild(idC, &State{}, told, among())
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
}

func TestGenerationsDoNotOverlap(t *testing.T) {
	for _, e := range []placement.Epoch{0, 1, generation - 1, generation, 5*generation + 17} {
		next := nextGeneration(e)
		require.Greater(t, next, e+generation)
		require.LessOrEqual(t, next, e+2*generation+1)
		require.Equal(t, placement.Epoch(1), next%generation)
	}
}

func frozenState(t *testing.T) *State {
	e := nextGeneration(9)
	return &State{
		View:     view(t, idC, e, conf(9, incs{1, 2}), conf(3, incs{3}), conf(4, incs{4})),
		Frozen:   []Frozen{{0, 9}, {1, 3}},
		Forsworn: []placement.MasterID{idA},
	}
}

func TestHearThawsWhenAllHaveFollowed(t *testing.T) {
	s := frozenState(t)
	require.Same(t, s, Hear(s, nil, among(1, 4)))
	next := Hear(s, nil, among(1, 2, 4))
	require.Equal(t, []Frozen{{1, 3}}, next.Frozen)
	require.Same(t, s.View, next.View, "to thaw changes no configuration")
	require.Empty(t, Hear(next, nil, among(1, 2, 3, 4)).Frozen)
}

func TestHearCorrectsWhatWasReportedTooLow(t *testing.T) {
	s := frozenState(t)
	// w2 comes late and knows that partition 0 has gone to it and w5.
	claim := view(t, idA, 12, conf(11, incs{2, 5}), conf(3, incs{3}), conf(12, incs{1}))
	next := Hear(s, Claims{2: claim}, among(1, 2, 4))
	require.NoError(t, next.View.Validate())
	require.Equal(t, s.View.Epoch+1, next.View.Epoch)
	require.Equal(t, conf(next.View.Epoch, incs{2, 5}), next.View.Partitions[0], "everyone must learn of it")
	require.Equal(t, []Frozen{{0, 11}, {1, 3}}, next.Frozen, "w5 has not reported")
	require.Equal(t, s.View.Partitions[2], next.View.Partitions[2], "partition 2 was settled: whoever could know more has spoken")
	require.Same(t, next, Hear(next, Claims{2: claim}, among(1, 2, 4)), "hearing it again changes nothing")
	thawed := Hear(next, Claims{5: claim}, among(1, 2, 4, 5))
	require.Equal(t, []Frozen{{1, 3}}, thawed.Frozen)
}

func TestHearTakesTheHighestOfSeveralClaims(t *testing.T) {
	s := frozenState(t)
	low := view(t, idA, 20, conf(10, incs{2}), conf(3, incs{3}), conf(4, incs{4}))
	high := view(t, idB, 15, conf(11, incs{5}), conf(3, incs{3}), conf(4, incs{4}))
	next := Hear(s, Claims{2: low, 5: high}, among(1, 2, 3, 4, 5))
	require.Equal(t, incs{5}, next.View.Partitions[0].InSync)
	require.Empty(t, next.Frozen)
	require.Equal(t, []placement.MasterID{idA, idB}, next.Forsworn)
}

func TestThawAll(t *testing.T) {
	s := frozenState(t)
	next := s.ThawAll()
	require.Empty(t, next.Frozen)
	require.Len(t, s.Frozen, 2)
	require.Same(t, next, next.ThawAll())
}

func TestForswornIsBounded(t *testing.T) {
	var ids []placement.MasterID
	for i := range 3 * maxForsworn {
		ids = withForsworn(ids, idA, []*placement.View{{MasterID: placement.MasterID(100 + i)}, {MasterID: idA}})
	}
	require.Len(t, ids, maxForsworn)
	require.Equal(t, placement.MasterID(100+3*maxForsworn-1), ids[maxForsworn-1])
}
