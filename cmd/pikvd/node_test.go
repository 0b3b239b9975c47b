package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

func TestSettingsReachTheNode(t *testing.T) {
	cfg, err := settle(testMachine(nil), "--role", "worker", "--join", "a", "--join", "b", "--name", "w1", "--cluster", "c",
		"--bind", "10.0.0.1", "--advertise", "10.0.0.2", "--rpc-port", "1", "--gossip-port", "2", "--profile", "wifi",
		"--max-memory", "1GiB", "--eviction", "lru", "--move-rate", "5MB/s", "--max-value", "1MiB", "--max-conns", "9")
	require.NoError(t, err)

	w := cfg.worker(zap.NewNop())
	require.Equal(t, []any{"w1", "c", "10.0.0.1", "10.0.0.2", 1, 2, []string{"a", "b"}, int64(1 << 30), int64(5e6)},
		[]any{w.Name, w.Cluster, w.Bind, w.Advertise, w.RPCPort, w.GossipPort, w.Join, w.MaxMemory, w.MoveRate})
	require.EqualValues(t, "wifi", w.Profile)
	require.Equal(t, "lru", w.Eviction)
	require.Equal(t, 9, w.Server.MaxConns)
	require.Equal(t, 1<<20, w.Server.Limits.Value)
	require.Greater(t, w.Server.Limits.Frame, w.Server.Limits.Value+w.Server.Limits.Key, "the largest value with the largest key")
	require.Equal(t, int64(128<<20), w.Server.Budget.Limit(), "an eighth of --max-memory")

	cfg.role, cfg.dataDir, cfg.partitions, cfg.recover, cfg.replicas, cfg.onLoss = "master", "/d", 64, true, 3, "reset"
	m := cfg.master(zap.NewNop())
	require.Equal(t, []any{"w1", "/d", 64, true, 3, "reset"}, []any{m.Name, m.DataDir, m.Partitions, m.Recover, m.Replicas, m.OnLoss})
	for _, c := range []*config{{role: "master", name: "m", cluster: "c", dataDir: "/d", partitions: 64}, cfg} {
		n, err := newNode(c, zap.NewNop())
		require.NoError(t, err)
		require.Equal(t, c.name, n.Name())
	}
}
