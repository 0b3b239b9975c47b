package membership

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewReportsEveryProblem(t *testing.T) {
	_, err := New(Config{
		Name: "a b", Role: "boss", Cluster: strings.Repeat("c", 65), BindAddr: "eth0", BindPort: -1,
		AdvertiseAddr: "0.0.0.0", RPCAddr: "7700", Capacity: -1, Key: make([]byte, 5), Profile: "moon",
		Join: []string{"host:x", "@"},
	})
	require.Error(t, err)
	for _, part := range []string{
		`"a b" has a character`, `role "boss"`, "65 bytes are too long", "incarnation", `bind address "eth0"`, "gossip port -1",
		`advertised address "0.0.0.0"`, `RPC address: "7700"`, "capacity -1", "gossip key of 5 bytes", `profile "moon"`,
		`seed "host:x"`, `seed "@"`,
	} {
		require.ErrorContains(t, err, part)
	}
}

func TestDefaults(t *testing.T) {
	key := make([]byte, 16)
	m, err := New(Config{Name: "pi-1.local", Role: RoleWorker, Incarnation: 1, RPCAddr: "pi-1.local:7700", Key: key})
	require.NoError(t, err)
	require.Equal(t, DefaultCluster, m.cfg.Cluster)
	require.Equal(t, "0.0.0.0", m.cfg.BindAddr)
	require.Equal(t, ProfileLAN, m.cfg.Profile)
	require.NotEmpty(t, m.cfg.AdvertiseAddr)
	key[0] = 1
	require.Zero(t, m.cfg.Key[0], "New copies")
	require.NoError(t, m.Close())
}
