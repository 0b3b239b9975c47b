package master

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

func TestDescribe(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1}, 2), conf(9, incs{2}), conf(9, incs{3}), conf(9, incs{1, 2}))
	v.Nodes[1].State = placement.NodeDraining
	members := append(workers(2, 1, 7, 8), membership.Member{Name: "z", Role: membership.RoleMaster, Incarnation: 99, RPCAddr: "a", GossipAddr: "g"})
	now := time.Now()
	heard := map[inc]report{
		1: {used: 11, keys: 22, at: now.Add(-freshReport), load: wire.Load{Reads: 5, Partitions: make([]wire.PartitionLoad, wire.MaxHotPartitions)}},
		2: {at: now.Add(-freshReport - 1), load: wire.Load{Reads: 5}},
	}
	var lines []string
	for _, m := range describe(v, &register.State{}, members, heard, []string{"w8"}, now) {
		lines = append(lines, strings.Join([]string{m.Role, m.Name, m.State}, " "))
		switch m.Name {
		case "w1":
			require.Equal(t, []int64{11, 22, 2, 2}, []int64{m.Used, m.Keys, int64(m.Primaries), int64(m.Replicas)})
			require.EqualValues(t, 5, m.Load.Reads)
			require.Len(t, m.Load.Partitions, wire.MaxShownPartitions)
		case "w2":
			require.Equal(t, []int{1, 3}, []int{m.Primaries, m.Replicas})
			require.Zero(t, m.Load, "what it was long ago says nothing")
		}
	}
	require.Equal(t, []string{
		"master z active", "worker w1 active", "worker w2 draining", "worker w3 dead", "worker w4 dead", "worker w5 dead",
		"worker w7 joining", "worker w8 stranger",
	}, lines)
	require.Len(t, describe(nil, nil, members, heard, nil, now), 5)
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
	_, err := New(Config{RPCPort: -1, GossipPort: 70000, Partitions: 1000, Replicas: 99, MaxMovesPerNode: -1, Settle: -1, BirthWorkers: -1})
	for _, text := range []string{"node's name", "cluster's name", "data directory", "RPC port -1", "gossip port 70000", "power of two", "replicas", "settling", "moves", "at the birth"} {
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
