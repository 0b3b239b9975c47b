package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

func TestDrain(t *testing.T) {
	s := &State{View: view(t, idA, 9, conf(9, incs{1}), conf(9, incs{2}, 1))}
	next, left, err := Drain(s, nodes(1, 2), "w1")
	require.NoError(t, err)
	require.Equal(t, 2, left)
	require.Equal(t, placement.NodeDraining, next.View.Nodes[0].State)
	require.Equal(t, placement.NodeActive, s.View.Nodes[0].State, "the view was changed")

	same, left, err := Drain(next, nodes(1), "w1")
	require.NoError(t, err, "asking again is harmless, whoever else is left")
	require.Same(t, next, same)
	require.Equal(t, 2, left)

	_, _, err = Drain(s, nodes(1), "w1")
	require.ErrorIs(t, err, ErrLastWorker)
	_, _, err = Drain(s, nodes(1, 2), "w9")
	require.ErrorIs(t, err, ErrUnknownWorker)
	require.ErrorContains(t, err, "w1, w2, w3, w4, w5")
}

func TestSpareAndActivate(t *testing.T) {
	s := &State{View: view(t, idA, 9, conf(9, incs{1}), conf(9, incs{2}, 1))}
	spare, left, err := Spare(s, nodes(1, 2), "w1")
	require.NoError(t, err)
	require.Equal(t, 2, left, "it is emptied first")
	require.Equal(t, placement.NodeSpare, spare.View.Nodes[0].State)
	require.Equal(t, s.Epoch()+1, spare.Epoch())

	_, _, err = Spare(spare, nodes(1, 2), "w2")
	require.ErrorIs(t, err, ErrLastWorker)
	drained, _, err := Drain(spare, nodes(1, 2), "w1")
	require.NoError(t, err, "a spare may be drained, whoever is left")
	require.Equal(t, placement.NodeDraining, drained.View.Nodes[0].State)

	for _, from := range []*State{spare, drained} {
		back, was, holds, err := Activate(from, nodes(1, 2), "w1")
		require.NoError(t, err)
		require.Equal(t, 2, holds)
		require.Equal(t, from.View.Nodes[0].State, was)
		require.Equal(t, placement.NodeActive, back.View.Nodes[0].State)
		same, was, _, err := Activate(back, nodes(1, 2), "w1")
		require.NoError(t, err)
		require.Same(t, back, same)
		require.Equal(t, placement.NodeActive, was)
	}
	_, _, _, err = Activate(s, nodes(1), "w9")
	require.ErrorIs(t, err, ErrUnknownWorker)
	same, _, _, err := Activate(spare, nodes(2), "w1")
	require.ErrorIs(t, err, ErrDead)
	require.Same(t, spare, same)
}

// What gossip loses sight of for a moment, of a worker that holds nothing, must
// not undo what was ordered.
func TestOrdersOutliveTheView(t *testing.T) {
	started := nodes(1, 2, 3)
	started[2].State = placement.NodeSpare
	everybody := func(inc) bool { return true }
	s := &State{View: view(t, idA, 9, conf(9, incs{1}))}
	s, err := Nodes(s, started, everybody)
	require.NoError(t, err)
	require.Equal(t, placement.NodeActive, s.View.Nodes[2].State, "w3 was in the view before, and it is what that says")

	s, err = Nodes(s, nodes(1), everybody)
	require.NoError(t, err)
	require.Equal(t, []inc{1}, names(s.View.Nodes))
	s, err = Nodes(s, started, everybody)
	require.NoError(t, err)
	require.Equal(t, placement.NodeSpare, s.View.Nodes[2].State, "as it was started")

	s, _, err = Spare(s, started, "w2")
	require.NoError(t, err)
	s, _, _, err = Activate(s, started, "w3")
	require.NoError(t, err)
	s, _, err = SetWeight(s, started, "w3", 5)
	require.NoError(t, err)
	want := s.View.Nodes
	for _, alive := range [][]placement.Node{nodes(1), started} {
		s, err = Nodes(s, alive, everybody)
		require.NoError(t, err)
	}
	require.Equal(t, want, s.View.Nodes)

	restarted := append(nodes(1, 2), again(3))
	restarted[2].State = placement.NodeSpare
	s, err = Nodes(s, restarted, everybody)
	require.NoError(t, err)
	require.Equal(t, placement.NodeActive, s.View.Nodes[2].State, "the state is the name's, like the weight")
	require.Equal(t, 5, s.View.Nodes[2].Weight)
}

// A rolling upgrade stops workers, which drains them, and starts them again: a spare that
// was activated would be a spare again, one after the other, and who was made one active.
func TestANewIncarnationIsWhatItsNameWasMade(t *testing.T) {
	everybody := func(inc) bool { return true }
	started := nodes(1, 2, 3)
	started[2].State = placement.NodeSpare
	s, err := Nodes(&State{View: view(t, idA, 9, conf(9, incs{1}))}, nodes(1, 2), everybody)
	require.NoError(t, err)
	s, err = Nodes(s, started, everybody)
	require.NoError(t, err)
	s, _, _, err = Activate(s, started, "w3")
	require.NoError(t, err)
	s, _, err = Spare(s, started, "w2")
	require.NoError(t, err)

	restarted := []placement.Node{node(1), again(2), again(3)}
	restarted[2].State = placement.NodeSpare
	for _, name := range []string{"w2", "w3"} { // as SIGTERM does
		s, _, err = Drain(s, started, name)
		require.NoError(t, err)
	}
	s, err = Nodes(s, started, everybody)
	require.NoError(t, err)
	require.Equal(t, placement.NodeDraining, s.View.Nodes[2].State, "it goes on draining until it ends")
	for _, alive := range [][]placement.Node{nodes(1), restarted} {
		s, err = Nodes(s, alive, everybody)
		require.NoError(t, err)
	}
	require.Equal(t, []placement.NodeState{placement.NodeActive, placement.NodeSpare, placement.NodeActive},
		[]placement.NodeState{s.View.Nodes[0].State, s.View.Nodes[1].State, s.View.Nodes[2].State})

	// Removed it is a new member, also when it was gone before that.
	s, _, err = Drain(s, restarted, "w3")
	require.NoError(t, err)
	s, err = Remove(s, restarted, "w3")
	require.NoError(t, err)
	s, err = Nodes(s, nodes(1), everybody)
	require.NoError(t, err)
	s, err = Remove(s, nodes(1), "w2")
	require.NoError(t, err)
	require.Empty(t, s.Orders.Names)
	twice := []placement.Node{node(1), again(52), again(53)}
	twice[1].Name, twice[2].Name, twice[2].State = "w2", "w3", placement.NodeSpare
	s, err = Nodes(s, twice, everybody)
	require.NoError(t, err)
	require.Equal(t, []placement.NodeState{placement.NodeActive, placement.NodeActive, placement.NodeSpare},
		[]placement.NodeState{s.View.Nodes[0].State, s.View.Nodes[1].State, s.View.Nodes[2].State})
}

func TestSetWeight(t *testing.T) {
	s := &State{View: view(t, idA, 9, conf(9, incs{1}))}
	heavy, was, err := SetWeight(s, nodes(1), "w1", 8)
	require.NoError(t, err)
	require.Zero(t, was)
	require.Equal(t, 8, heavy.View.Nodes[0].Share())
	same, was, err := SetWeight(heavy, nodes(1), "w1", 8)
	require.NoError(t, err)
	require.Equal(t, 8, was)
	require.Same(t, heavy, same)
	light, was, err := SetWeight(heavy, nodes(1), "w1", 0)
	require.NoError(t, err)
	require.Equal(t, 8, was)
	require.Equal(t, s.View.Nodes, light.View.Nodes)
	require.Empty(t, light.Orders.Weights)

	for _, w := range []int{-1, placement.MaxWeight + 1} {
		_, _, err = SetWeight(s, nodes(1), "w1", w)
		require.ErrorIs(t, err, ErrWeights)
	}
	_, _, err = SetWeight(s, nodes(1), "w9", 1)
	require.ErrorIs(t, err, ErrUnknownWorker)
}

// More weight than a ring takes would stop all planning.
func TestWeightsFitTheRing(t *testing.T) {
	var crowd []placement.Node
	for n := range inc(17) {
		crowd = append(crowd, node(n+1))
	}
	s, err := Nodes(&State{View: view(t, idA, 9, conf(9, incs{1}))}, crowd, func(inc) bool { return true })
	require.NoError(t, err)
	for _, n := range crowd[:15] {
		s, _, err = SetWeight(s, crowd, n.Name, placement.MaxWeight)
		require.NoError(t, err)
	}
	_, _, err = SetWeight(s, crowd, crowd[15].Name, placement.MaxWeight)
	require.ErrorIs(t, err, ErrWeights)
	require.ErrorContains(t, err, "1025, at most 1024")
}

func TestRemoveIsForGood(t *testing.T) {
	everybody := func(inc) bool { return true }
	s := &State{View: view(t, idA, 9, conf(9, incs{1}))}
	_, err := Remove(s, nodes(1, 2), "w1")
	require.ErrorIs(t, err, ErrHolds)
	require.ErrorContains(t, err, "1 partitions have a copy there; drain it first")
	_, err = Remove(s, nodes(1, 2), "w2")
	require.ErrorIs(t, err, ErrHolds, "it is active: it may be given something this moment")
	_, err = Remove(s, nodes(1, 2), "w9")
	require.ErrorIs(t, err, ErrUnknownWorker)

	s, _, err = SetWeight(s, nodes(1, 2), "w2", 3)
	require.NoError(t, err)
	s, _, err = Drain(s, nodes(1, 2), "w2")
	require.NoError(t, err)
	s, err = Remove(s, nodes(1, 2), "w2")
	require.NoError(t, err)
	require.NotContains(t, names(s.View.Nodes), inc(2))

	s, err = Nodes(s, nodes(1, 2), everybody)
	require.NoError(t, err)
	require.Equal(t, []inc{1}, names(s.View.Nodes), "it lives, and takes no part")
	_, err = Remove(s, nodes(1, 2), "w2")
	require.NoError(t, err, "asking again is harmless")
	s, err = Nodes(s, append(nodes(1), again(2)), everybody)
	require.NoError(t, err)
	require.Equal(t, []inc{1, 52}, names(s.View.Nodes), "started again it is a new member")
	require.Zero(t, s.View.Nodes[1].Weight)
	require.Equal(t, placement.NodeActive, s.View.Nodes[1].State)
}

func TestASpareDoesNotBeginACluster(t *testing.T) {
	live := nodes(1, 2)
	empty := func(n inc) (Report, bool) { return Report{Incarnation: n, Follows: idA}, true }
	live[0].State, live[1].State = placement.NodeSpare, placement.NodeSpare
	require.False(t, CanBegin(idA, live, empty))
	live[1].State = placement.NodeActive
	require.True(t, CanBegin(idA, live, empty))
	s, err := Begin(Birth{Cluster: "c", Partitions: 8, Replicas: 2}, idA, live)
	require.NoError(t, err)
	require.Len(t, s.View.Nodes, 2)
	for _, p := range s.View.Partitions {
		require.Equal(t, incs{2}, p.InSync)
	}
}

func TestARebuiltRegisterKeepsOrders(t *testing.T) {
	everybody := func(inc) bool { return true }
	v := view(t, idA, 9, conf(9, incs{1}))
	v.Nodes[0].Weight, v.Nodes[1].State = 7, placement.NodeSpare
	told := Claims{1: v}
	s, err := Rebuild(id2, &State{}, told, everybody, false)
	require.NoError(t, err)
	require.Equal(t, 7, s.View.Nodes[0].Weight)
	require.Equal(t, []OrderedWeight{{"w1", 7}}, s.Orders.Weights, "learnt from the workers' views")
	s, err = Nodes(s, nodes(1, 2), everybody)
	require.NoError(t, err)
	require.Equal(t, placement.NodeSpare, s.View.Nodes[1].State, "it holds nothing, and was made a spare")

	old := &State{View: view(t, idA, 3, conf(3, incs{1})), Orders: Orders{}.without(incs{50}).withWeight("w1", 2).withWeight("w9", 2)}
	s, err = Rebuild(id2, old, told, everybody, false)
	require.NoError(t, err)
	require.True(t, s.Orders.IsRemoved(50))
	require.Equal(t, 2, s.Orders.weight("w9"))
	require.Equal(t, 7, s.Orders.weight("w1"), "the file is older than what the workers hold")
	require.Equal(t, s.Orders, Hear(s, told, everybody).Orders)
}

func TestWeightsOfTheGoneCanBeForgotten(t *testing.T) {
	s := &State{View: view(t, idA, 9, conf(9, incs{1})), Orders: Orders{}.withWeight("w9", 2).withWeight("w8", 2)}
	s, was, err := SetWeight(s, nodes(1), "w9", 0)
	require.NoError(t, err)
	require.Equal(t, 2, was)
	s, err = Remove(s, nodes(1), "w8")
	require.NoError(t, err)
	require.Empty(t, s.Orders.Weights)
}

func TestOrdersAreBounded(t *testing.T) {
	var o Orders
	for n := range inc(2 * maxOrders) {
		o = o.withState(incs{n + 1}, placement.NodeSpare).without(incs{n + 10_000}).withName(node(n).Name, placement.NodeSpare)
	}
	require.Len(t, o.States, maxOrders)
	require.Equal(t, inc(2*maxOrders), o.States[maxOrders-1].Incarnation)
	require.Len(t, o.Names, maxOrders)
	require.Equal(t, node(2*maxOrders-1).Name, o.Names[maxOrders-1].Name)
	require.Len(t, o.Removed, maxOrders)
	require.True(t, o.IsRemoved(2*maxOrders-1+10_000))
}
