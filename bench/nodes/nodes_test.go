package nodes

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/process"
)

// built is a pikvd of this source.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pikvd")
	out, err := exec.Command("go", "build", "-o", path, "pikv/cmd/pikvd").CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

// TestAClusterStartsGrowsAndGoes, on hosts that have a place for so many.
func TestAClusterStartsGrowsAndGoes(t *testing.T) {
	inside := 0
	h := Host{IP: "127.0.0.1", Flags: []string{"--max-memory", "64MiB"}, Inside: func(command []string) []string {
		inside++
		return append([]string{"/usr/bin/env"}, command...)
	}}
	c, err := Start(t.Context(), Options{Pikvd: built(t), Replicas: 1, Workers: 1, Hosts: []Host{h, h, h}})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	w, err := c.AddWorker(t.Context())
	require.NoError(t, err)
	require.Equal(t, "w2", w.Name)
	took, err := c.Settled(t.Context(), 2)
	require.NoError(t, err)
	require.Positive(t, took)
	require.Equal(t, 3, inside)
	_, err = c.AddWorker(t.Context())
	require.ErrorContains(t, err, "no computer left")
	status, err := c.Client.Status(t.Context())
	require.NoError(t, err)
	require.Len(t, status.Members, 3)
	require.DirExists(t, c.dir)
}

// TestAClusterThatDoesNotComeLeavesNothing behind.
func TestAClusterThatDoesNotComeLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	_, err := Start(t.Context(), Options{Pikvd: "/bin/false", Workers: 1})
	require.ErrorIs(t, err, process.ErrNotReady)
	_, err = Start(t.Context(), Options{Pikvd: "/bin/false", Workers: 3, Hosts: make([]Host, 3)})
	require.ErrorContains(t, err, "3 workers and a master need more than 3 computers")
	_, err = Start(t.Context(), Options{Pikvd: built(t), Replicas: 1, Workers: 1, SettleTime: time.Nanosecond})
	require.ErrorContains(t, err, "share the partitions")
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	for _, e := range left {
		require.NotContains(t, e.Name(), "pikv-nodes-")
	}
}
