package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
)

func TestNodesFollowGossipAndReports(t *testing.T) {
	now := epochZero
	v := view(t, idA, 9, conf(9, incs{1}, 2), conf(9, incs{3}))
	v.Nodes[0].State = placement.NodeDraining
	names := func(nodes []placement.Node) (out []inc) {
		for _, n := range nodes {
			out = append(out, n.Incarnation)
		}
		return out
	}

	nodes, differ := nodesAfter(v, workers(1, 2, 3, 4, 5), nil, now)
	require.False(t, differ)
	require.Equal(t, v.Nodes, nodes)

	nodes, differ = nodesAfter(v, workers(4), nil, now)
	require.True(t, differ)
	require.Equal(t, []inc{1, 2, 3, 4}, names(nodes), "w1 to w3 are named, w4 lives, w5 is gone")
	require.Equal(t, placement.NodeDraining, nodes[0].State)

	heard := reportsOf(idA, now, 6, 7)
	heard[8] = report{follows: idB, at: now}
	nodes, differ = nodesAfter(v, workers(1, 2, 3, 4, 5, 6, 8, 9), heard, now)
	require.True(t, differ)
	require.Equal(t, []inc{1, 2, 3, 4, 5, 6}, names(nodes), "w7 is not in gossip, w8 follows another master, w9 has not reported")

	nodes, _ = nodesAfter(v, workers(1, 2, 3, 4, 5, 6), heard, now.Add(2*freshReport))
	require.Len(t, nodes, 5, "w6 has fallen silent")

	moved := workers(1, 2, 3, 4, 5)
	moved[0].RPCAddr, moved[0].Capacity = "10.9.9.9:1", 5
	nodes, differ = nodesAfter(v, moved, nil, now)
	require.True(t, differ)
	require.Equal(t, placement.Node{Incarnation: 1, Name: "w1", Addr: "10.9.9.9:1", Capacity: 5, State: placement.NodeDraining}, nodes[0])
}

func TestARestartedWorkerIsANewNode(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}))
	again := worker(1)
	again.Incarnation = 50
	heard := map[inc]report{50: {follows: idA, at: epochZero}}
	nodes, _ := nodesAfter(v, append(workers(2, 3, 4, 5), again), heard, epochZero)
	require.Equal(t, inc(1), nodes[0].Incarnation, "its partition is still named")
	require.Equal(t, inc(50), nodes[1].Incarnation)
	require.Equal(t, "w1", nodes[1].Name)
}

func TestTheRingHasWhoIsActiveAndAlive(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}))
	v.Nodes[1].State = placement.NodeDraining
	ring := ringNodes(v, workers(1, 2, 3, 7))
	require.Equal(t, []placement.Node{node(1), node(3)}, ring)
	require.Len(t, v.Nodes, 5, "the view was changed")
}

func TestWorkersOf(t *testing.T) {
	all := append(workers(1, 2), membership.Member{Name: "m", Role: membership.RoleMaster}, membership.Member{Name: "x", Role: "later"})
	require.Equal(t, workers(1, 2), workersOf(all))
	require.Equal(t, []membership.Member{{Name: "m", Role: membership.RoleMaster}}, rivalsOf(all, "own"))
	require.Empty(t, rivalsOf(all, "m"))
}

func TestQuiet(t *testing.T) {
	const settle = time.Second
	at := func(ms int) time.Time { return epochZero.Add(time.Duration(ms) * time.Millisecond) }
	q := newQuiet(at(0))
	require.False(t, q.observe(nil, at(999), settle))
	require.True(t, q.observe(nil, at(1000), settle))
	require.False(t, q.observe(workers(1), at(1100), settle))
	require.False(t, q.observe(workers(1, 2), at(2000), settle))
	require.False(t, q.observe(workers(1, 2), at(2999), settle))
	require.True(t, q.observe(workers(1, 2), at(3000), settle))
	// One that comes and goes for ever does not stop everything for ever.
	settled := -1
	for ms := 4000; ms < 40000 && settled < 0; ms += 500 {
		if q.observe(workers(1, inc(3+ms/500%2)), at(ms), settle) {
			settled = ms
		}
	}
	require.Equal(t, 4000+restlessFactor*1000, settled)
}

func TestNag(t *testing.T) {
	n := newNag()
	require.True(t, n.due("a", epochZero))
	require.False(t, n.due("a", epochZero.Add(nagEvery-1)))
	require.True(t, n.due("b", epochZero))
	require.True(t, n.due("a", epochZero.Add(nagEvery)))
	n.over("a")
	require.True(t, n.due("a", epochZero.Add(nagEvery)))
}
