package main

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestDebugAddrAnswers(t *testing.T) {
	p := pikvd(t, onLoopback, "start", "--role", "master", "--name", "m", "--data-dir", t.TempDir(), "--debug-addr", "127.0.0.1:0")
	addr := field(t, p.line(t, "ready"), "debug")
	r, err := http.Get("http://" + addr + "/debug/metrics")
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), "/gc/cycles/total:gc-cycles")

	taken := pikvd(t, onLoopback, "start", "--role", "master", "--name", "m2", "--data-dir", t.TempDir(), "--debug-addr", addr)
	require.Equal(t, exitFailed, taken.wait(t))
	require.Contains(t, taken.stderr.String(), "--debug-addr")
	require.Contains(t, taken.stderr.String(), "address already in use")

	require.NoError(t, p.Process.Signal(unix.SIGTERM))
	require.Equal(t, exitOK, p.wait(t), "%s", &p.stderr)
}

func TestDebugAddrIsAnAddressWithAPort(t *testing.T) {
	m := testMachine(nil)
	for _, wrong := range []string{"7790", ":7790", "localhost:7790", "127.0.0.1", "127.0.0.1:99999"} {
		_, err := settle(m, "--role", "master", "--debug-addr", wrong)
		require.ErrorContains(t, err, "--debug-addr: ", wrong)
	}
	for addr, warns := range map[string]bool{"127.0.0.1:0": false, "[::1]:7790": false, "0.0.0.0:7790": true, "192.168.1.5:7790": true} {
		cfg, err := settle(m, "--role", "master", "--debug-addr", addr)
		require.NoError(t, err)
		require.Equal(t, addr, cfg.debugAddr)
		require.Equal(t, warns, len(cfg.warnings) == 1, "%s: %v", addr, cfg.warnings)
	}
	cfg, err := settle(m, "--role", "master")
	require.NoError(t, err)
	require.Empty(t, cfg.debugAddr)
}
