package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/replica"
	"pikv/wire"
)

func TestTheConfigurationIsCheckedAsAWhole(t *testing.T) {
	_, err := New(Config{
		Cluster: string(make([]byte, maxCluster+1)), Bind: "here", Advertise: "there", RPCPort: 70000, GossipPort: -1, RESPPort: -2,
		MaxMemory: -1, Eviction: "lfu", MoveRate: -2, Timing: replica.Timing{Retry: -1, Silence: time.Millisecond, Lease: 1, Beat: time.Hour, Stall: -1},
	})
	for _, problem := range []string{
		"--name", "--cluster", "--bind", "--advertise", "--rpc-port", "--gossip-port", "--resp-port", "--max-memory", "--eviction", "--move-rate", "silence", "repetition", "lease", "wait", "stall",
	} {
		require.ErrorContains(t, err, problem)
	}
	_, err = New(Config{Name: "w", RPCPort: 7700, GossipPort: 7700})
	require.ErrorContains(t, err, "both listen")
	_, err = New(Config{Name: "w", RPCPort: 7700, GossipPort: 7746, RESPPort: 7746})
	require.ErrorContains(t, err, "all three listen")
}

func TestANameIsAllThatAWorkerNeeds(t *testing.T) {
	w := newWorkerOf(t, Config{Name: "w"})
	require.Equal(t, wire.DefaultLimits(), w.cfg.Server.Limits)
	require.Equal(t, membership.DefaultCluster, w.cfg.Cluster)
	require.Equal(t, replica.DefaultTiming(), w.cfg.Timing)
	require.Equal(t, EvictionNone, w.cfg.Eviction)
	require.Zero(t, w.cfg.Timing.Evict, "nothing is evicted unless somebody asks for it")
	wifi := newWorkerOf(t, Config{Name: "w", Profile: membership.ProfileWiFi})
	require.Equal(t, replica.WiFiTiming(), wifi.cfg.Timing, "its radios sleep for longer than the silence of a cable")
}

func TestAMoveHasRoomForTheLargestValues(t *testing.T) {
	w, err := New(Config{Name: "w1"})
	require.NoError(t, err)
	t.Cleanup(w.Abort)
	require.GreaterOrEqual(t, w.cfg.limits().Log, 2*wire.MaxValue)
}
