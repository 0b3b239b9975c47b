package main

import (
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestWhatAClusterRefuses: a node that cannot take part says why and ends with
// exit code 1, instead of waiting for something that cannot come.
func TestWhatAClusterRefuses(t *testing.T) {
	t.Parallel()
	key := func(letter byte) string {
		file := filepath.Join(t.TempDir(), "key")
		secret := make([]byte, 32)
		secret[0] = letter
		require.NoError(t, os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(secret)), 0o600))
		return file
	}
	ours, theirs := key('o'), key('t')
	dir := t.TempDir()
	const patient = "--profile=wifi" // it has time to hear the other out
	master := pikvdFor(t, 5*time.Minute, onLoopback, "start", patient, "--role", "master", "--name", "m", "--data-dir", dir, "--gossip-key-file", ours)
	ready := master.line(t, "ready")
	seed := field(t, ready, "gossip")
	_, port, err := net.SplitHostPort(field(t, ready, "rpc"))
	require.NoError(t, err)

	tests := []struct {
		about string
		args  []string
		want  string
	}{
		{"a name that is taken", []string{"--role", "worker", "--name", "m", "--gossip-key-file", ours}, "name taken"},
		{"another cluster's name", []string{"--role", "worker", "--name", "w", "--cluster", "other", "--gossip-key-file", ours}, "wrong gossip key or cluster name"},
		{"another key", []string{"--role", "worker", "--name", "w", "--gossip-key-file", theirs}, "wrong gossip key or cluster name"},
		{"no key", []string{"--role", "worker", "--name", "w"}, "wrong gossip key or cluster name"},
		{"a port that is taken", []string{"--role", "worker", "--name", "w", "--gossip-key-file", ours, "--rpc-port", port}, "RPC port in use: " + port},
		{"a port for Redis clients that is taken", []string{"--role", "worker", "--name", "w", "--gossip-key-file", ours, "--resp-port", port}, "RESP port in use: " + port},
		{"a gossip port that is taken", []string{"--role", "worker", "--name", "w", "--gossip-key-file", ours, "--gossip-port", portOf(t, seed)}, "or give --gossip-port"},
		{"a second master", []string{"--role", "master", "--name", "m2", "--data-dir", t.TempDir(), "--gossip-key-file", ours}, "master"},
		{"a second master on the same folder", []string{"--role", "master", "--name", "m2", "--data-dir", dir, "--gossip-key-file", ours}, "in use"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			p := pikvd(t, onLoopback, append([]string{"start", patient, "--join", seed}, tt.args...)...)
			require.Equal(t, exitFailed, p.wait(t))
			require.Contains(t, p.stderr.String(), tt.want)
		})
	}
	require.NoError(t, master.Process.Signal(unix.SIGTERM))
	require.Equal(t, exitOK, master.wait(t), "%s", &master.stderr)
}

// portOf returns the port of host:port.
func portOf(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	return port
}

// TestAWorkerWaitsForAMasterThatIsNotThere: it starts, says so and keeps trying.
func TestAWorkerWaitsForAMasterThatIsNotThere(t *testing.T) {
	t.Parallel()
	p := pikvd(t, onLoopback, "start", "--role", "worker", "--name", "w", "--join", "127.0.0.1:1")
	p.line(t, "ready")
	require.NoError(t, p.Process.Signal(unix.SIGKILL))
	p.wait(t)
	require.Contains(t, p.stderr.String(), "127.0.0.1:1")
}
