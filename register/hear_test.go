package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// frozenState waits for w2 in partition 0 and for w3 in partition 1.
func frozenState(t *testing.T) *State {
	first, second := conf(9, incs{1, 2}), conf(3, incs{3})
	return &State{
		View: view(t, id2, epochs+1, first, second, conf(4, incs{4})),
		Frozen: []Frozen{
			{Partition: 0, Known: []placement.Partition{first}, Held: true, Awaits: incs{2}},
			{Partition: 1, Known: []placement.Partition{second}, Awaits: incs{3}},
		},
		Forsworn: []placement.MasterID{idA},
	}
}

func TestHearThawsWhenAllHaveFollowed(t *testing.T) {
	s := frozenState(t)
	require.Same(t, s, Hear(s, nil, among(1, 4)))
	next := Hear(s, nil, among(1, 2, 4))
	require.Equal(t, s.Frozen[1:], next.Frozen)
	require.Same(t, s.View, next.View, "to thaw changes no configuration")
	require.Empty(t, Hear(next, nil, among(1, 2, 3, 4)).Frozen)
}

func TestWhoHasSpokenNeedNotDoSoAgain(t *testing.T) {
	s := frozenState(t)
	next := Hear(s, Claims{2: view(t, idA, 11, conf(11, incs{2, 1, 5}))}, among(2))
	require.Equal(t, incs{5}, next.Frozen[0].Awaits, "w1 has spoken, though it does not follow any more")
}

func TestHearTakesWhatWasInForceAndWaitsForItsReplicas(t *testing.T) {
	s := frozenState(t)
	// w2 comes late and knows that partition 0 has gone to it and w5.
	later := conf(11, incs{2, 5})
	claim := view(t, idA, 12, later, conf(3, incs{3}), conf(12, incs{1}))
	next := Hear(s, Claims{2: claim}, among(1, 2, 4))
	require.NoError(t, next.View.Validate())
	require.Equal(t, s.View.Epoch+1, next.View.Epoch)
	require.Equal(t, later, next.View.Partitions[0], "with its epoch: w2 goes on serving")
	require.Equal(t, next.View.Epoch, next.View.Whole, "everybody must learn of it all the same")
	require.Equal(t, Frozen{Partition: 0, Known: []placement.Partition{later}, Held: true, Awaits: incs{5}}, next.Frozen[0])
	require.Equal(t, s.View.Partitions[2], next.View.Partitions[2], "partition 2 was settled: whoever could know more has spoken")
	require.Same(t, next, Hear(next, Claims{2: claim}, among(1, 2, 4)), "hearing it again changes nothing")
	thawed := Hear(next, Claims{5: claim}, among(1, 2, 4, 5))
	require.Len(t, thawed.Frozen, 1)
	require.Equal(t, later, thawed.View.Partitions[0])
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

// A bystander's tale is not acted upon before all have spoken, and then it is.
func TestWhatABystanderKnowsWaits(t *testing.T) {
	s := frozenState(t)
	next := Hear(s, Claims{4: view(t, idA, 12, conf(12, incs{1}))}, among(1, 4))
	require.Equal(t, s.View, next.View)
	require.Equal(t, incs{2}, next.Frozen[0].Awaits)
	next = Hear(next, nil, among(1, 2, 4))
	require.Equal(t, conf(next.View.Epoch, incs{1}), next.View.Partitions[0])
}

func TestThawAll(t *testing.T) {
	s := frozenState(t)
	s.Frozen[0].Known = append(s.Frozen[0].Known, conf(12, incs{1}))
	next := s.ThawAll()
	require.Empty(t, next.Frozen)
	require.Equal(t, forced(next.View.Epoch, incs{1}), next.View.Partitions[0], "the latest that anybody told of")
	require.Equal(t, forced(next.View.Epoch, incs{3}), next.View.Partitions[1], "anew, so that an absent replica that holds a later one gives way")
	require.Len(t, s.Frozen, 2)
	require.Same(t, next, next.ThawAll())
}

func TestAwaitedNodesStayInTheView(t *testing.T) {
	s := frozenState(t)
	s.Frozen[0].Known = append(s.Frozen[0].Known, conf(12, incs{5}))
	next, err := Nodes(s, nodes(1), func(inc) bool { return true })
	require.NoError(t, err)
	_, known := next.View.Node(5)
	require.True(t, known, "no partition of the view names it, but a later report will")
}

// A replica adopts no view in which a partition of its own, frozen, stands as it
// does not know it: it would forget what it knows.
func TestAReplicaKeepsWhatItKnowsOfAFrozenPartition(t *testing.T) {
	s := frozenState(t)
	rg := Reign{ID: id2}
	heard := func(n inc, e placement.Epoch) Report {
		return Report{Incarnation: n, Follows: id2, Heard: true, Claim: view(t, idA, 20, conf(e, incs{1, 2}))}
	}
	require.True(t, MayAdopt(rg, s, heard(1, 9)))
	require.True(t, MayAdopt(rg, s, heard(1, 8)), "what was in force may be learnt")
	require.False(t, MayAdopt(rg, s, heard(1, 10)), "it knows of a later one")
	require.True(t, MayAdopt(rg, s, heard(4, 10)), "a bystander may forget")
	s.Frozen[0].Held = false
	require.False(t, MayAdopt(rg, s, heard(1, 8)), "that may never have been in force")
}
