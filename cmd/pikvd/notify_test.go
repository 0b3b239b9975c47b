package main

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// manager listens as a service manager does.
func manager(t *testing.T, name string) func() string {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return func() string {
		t.Helper()
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
		buf := make([]byte, 200)
		n, err := conn.Read(buf)
		require.NoError(t, err)
		return string(buf[:n])
	}
}

func TestNotify(t *testing.T) {
	require.NoError(t, notify("", notifyReady), "nobody listens")
	file := filepath.Join(t.TempDir(), "notify")
	require.Error(t, notify(file, notifyReady))
	read := manager(t, file)
	require.NoError(t, notify(file, notifyReady))
	require.Equal(t, notifyReady, read())
}

// TestTheServiceManagerIsTold when a node serves, and when it is about to stop.
func TestTheServiceManagerIsTold(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notify")
	read := manager(t, file)
	p := pikvd(t, append([]string{"NOTIFY_SOCKET=" + file}, onLoopback...), "start", "--role", "master", "--name", "m", "--data-dir", t.TempDir())
	p.line(t, "ready")
	require.Equal(t, notifyReady, read())
	require.NoError(t, p.Process.Signal(unix.SIGTERM))
	require.Equal(t, notifyStopping, read())
	require.Equal(t, exitOK, p.wait(t), "%s", &p.stderr)
}

// TestAWorkerWithoutAClusterIsNotSaidToServe: it is ready, or systemd would end it, and
// serves when there is a master that has taken it up.
func TestAWorkerWithoutAClusterIsNotSaidToServe(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	file := filepath.Join(t.TempDir(), "notify")
	read := manager(t, file)
	w := pikvd(t, append([]string{"NOTIFY_SOCKET=" + file}, onLoopback...), "start", "--role", "worker", "--name", "w", "--join", "127.0.0.1:"+port)
	w.line(t, "ready")
	require.Equal(t, notifyLooking, read())
	m := pikvd(t, onLoopback, "start", "--role", "master", "--name", "m", "--data-dir", t.TempDir(), "--gossip-port", port)
	m.line(t, "ready")
	require.Equal(t, notifyServing, read())
	require.NoError(t, w.Process.Signal(unix.SIGTERM))
	require.Equal(t, notifyStopping, read())
}
