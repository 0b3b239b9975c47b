package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

func names(nodes []placement.Node) (out []inc) {
	for _, n := range nodes {
		out = append(out, n.Incarnation)
	}
	return out
}

func TestNodesFollowGossipAndReports(t *testing.T) {
	s := &State{View: view(t, idA, 9, conf(9, incs{1}, 2), conf(9, incs{3}))}
	s.View.Nodes[0].State = placement.NodeDraining
	after := func(live []placement.Node, ready ...inc) []placement.Node {
		t.Helper()
		next, err := Nodes(s, live, among(ready...))
		require.NoError(t, err)
		require.Equal(t, next == s, next.View == s.View)
		return next.View.Nodes
	}

	same, err := Nodes(s, nodes(1, 2, 3, 4, 5), among())
	require.NoError(t, err)
	require.Same(t, s, same)

	got := after(nodes(4))
	require.Equal(t, []inc{1, 2, 3, 4}, names(got), "w1 to w3 are named, w4 lives, w5 is gone")
	require.Equal(t, placement.NodeDraining, got[0].State)

	got = after(nodes(1, 2, 3, 4, 5, 6, 8), 6, 7)
	require.Equal(t, []inc{1, 2, 3, 4, 5, 6}, names(got), "w7 is not in gossip, w8 is not ready")

	moved := nodes(1, 2, 3, 4, 5)
	moved[0].Addr, moved[0].RESPAddr, moved[0].Capacity = "10.9.9.9:1", "10.9.9.9:2", 5
	got = after(moved)
	require.Equal(t, placement.Node{Incarnation: 1, Name: "w1", Addr: "10.9.9.9:1", RESPAddr: "10.9.9.9:2", Capacity: 5, State: placement.NodeDraining}, got[0])
}

func TestARestartedWorkerIsANewNode(t *testing.T) {
	s := &State{View: view(t, idA, 9, conf(9, incs{1}))}
	next, err := Nodes(s, append(nodes(2, 3, 4, 5), again(1)), among(51))
	require.NoError(t, err)
	require.Equal(t, []inc{1, 51, 2, 3, 4, 5}, names(next.View.Nodes), "its partition is still named")
}

func TestTheRingHasWhoIsActiveAndAlive(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}))
	v.Nodes[1].State = placement.NodeDraining
	require.Equal(t, nodes(1, 3), Ready(v, nodes(1, 2, 3, 7)))
	require.Len(t, v.Nodes, 5, "the view was changed")
}

func TestADrainMeansTheIncarnationThatLives(t *testing.T) {
	s := &State{View: view(t, idA, 9, conf(9, incs{1}))}
	s, err := Nodes(s, append(nodes(2, 3, 4, 5), again(1)), among(51))
	require.NoError(t, err)
	require.Equal(t, incs{51}, named(s.View, append(nodes(2), again(1)), "w1"))
	require.Equal(t, incs{1, 51}, named(s.View, nodes(2), "w1"))
}
