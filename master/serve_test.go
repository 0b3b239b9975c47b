package master

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/wire"
)

func TestDrained(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}))
	nodes, changed, err := drained(v, workers(1, 2), "w1")
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, placement.NodeDraining, nodes[0].State)
	require.Equal(t, placement.NodeActive, v.Nodes[0].State, "the view was changed")

	_, _, err = drained(v, workers(1), "w1")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.ErrorContains(t, err, "last active worker")

	v.Nodes[0].State = placement.NodeDraining
	_, changed, err = drained(v, workers(1), "w1")
	require.NoError(t, err, "asking again is harmless, whoever else is left")
	require.False(t, changed)

	_, _, err = drained(v, workers(1), "w9")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeUnknownNode})
	require.ErrorContains(t, err, "w1, w2, w3, w4, w5")
}

func TestADrainMeansTheIncarnationThatLives(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}))
	again := node(1)
	again.Incarnation = 50
	v.Nodes = append(v.Nodes, again)
	sortNodes(v.Nodes)
	alive := worker(1)
	alive.Incarnation = 50
	require.Equal(t, incs{50}, incarnationsOf(v, append(workers(2), alive), "w1"))
	require.Equal(t, incs{1, 50}, incarnationsOf(v, workers(2), "w1"))
}

func TestHealth(t *testing.T) {
	again := worker(3)
	again.Incarnation = 53
	v := view(t, idA, 9,
		conf(9, incs{1}), conf(9, incs{1}, 2), conf(9, incs{1, 2}), // fine, filling, to be dropped
		conf(9, incs{4}),                   // w4 is silent
		conf(9, incs{3}), conf(9, incs{5}), // w3 has come back empty
		conf(9, incs{3, 4}), conf(9, incs{4, 3}), // one of the two may return
	)
	require.Equal(t, health{moving: 4, waiting: 3, lost: 1}, healthOf(v, append(workers(1, 2, 5), again)))
}

func TestDescribe(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}, 2), conf(9, incs{2}), conf(9, incs{3}), conf(9, incs{1, 2}))
	v.Nodes[1].State = placement.NodeDraining
	members := append(workers(2, 1, 7, 8), membership.Member{Name: "z", Role: membership.RoleMaster, Incarnation: 99, RPCAddr: "a", GossipAddr: "g"})
	heard := map[inc]report{1: {used: 11, keys: 22}}
	var lines []string
	for _, m := range describe(v, members, heard, []string{"w8"}) {
		lines = append(lines, strings.Join([]string{m.Role, m.Name, m.State}, " "))
		switch m.Name {
		case "w1":
			require.Equal(t, []int64{11, 22, 2, 2}, []int64{m.Used, m.Keys, int64(m.Primaries), int64(m.Replicas)})
		case "w2":
			require.Equal(t, []int{1, 3}, []int{m.Primaries, m.Replicas})
		}
	}
	require.Equal(t, []string{
		"master z active", "worker w1 active", "worker w2 draining", "worker w3 dead", "worker w4 dead", "worker w5 dead",
		"worker w7 joining", "worker w8 stranger",
	}, lines)
	require.Len(t, describe(nil, members, heard, nil), 5)
}

func TestDeltasAreEncodedOnce(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}), conf(4, incs{2}))
	var d deltas
	first := d.since(v, 5)
	require.Same(t, &first[0], &d.since(v, 5)[0])
	delta, err := placement.DecodeDelta(first)
	require.NoError(t, err)
	require.Len(t, delta.Partitions, 1)
	for e := range placement.Epoch(100) {
		require.NotEmpty(t, d.since(v, e))
	}
	require.Len(t, d.mu.encoded, maxDeltas)
	next := v.Clone()
	next.Epoch++
	delta, err = placement.DecodeDelta(d.since(next, 5))
	require.NoError(t, err)
	require.Equal(t, next.Epoch, delta.Epoch)
}

func TestConfigTellsEveryProblem(t *testing.T) {
	_, err := New(Config{RPCPort: -1, GossipPort: 70000, Partitions: 1000, Replicas: 99, MaxMovesPerNode: -1, Settle: -1})
	for _, text := range []string{"node's name", "cluster's name", "data directory", "RPC port -1", "gossip port 70000", "power of two", "replicas", "settling", "moves"} {
		require.ErrorContains(t, err, text)
	}
	_, err = New(Config{Name: "m", Cluster: "c", DataDir: "d", RPCPort: 7700, GossipPort: 7700})
	require.ErrorContains(t, err, "cannot share")
	m, err := New(Config{Name: "m", Cluster: "c", DataDir: "d"})
	require.NoError(t, err)
	require.Equal(t, defaultPartitions, m.cfg.Partitions)
	require.Empty(t, m.Addr())
	require.NoError(t, m.Close(t.Context()))
	require.ErrorIs(t, m.Start(t.Context()), errStarted)
}
