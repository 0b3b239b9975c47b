package proc

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestTheTimeOfAnotherProcess is what the kernel accounts for it in the end, and tells
// much less than a tick of it.
func TestTheTimeOfAnotherProcess(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; kill -STOP $$; exit 0")
	require.NoError(t, cmd.Start())
	pid := cmd.Process.Pid
	var status unix.WaitStatus
	_, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil)
	require.NoError(t, err)
	require.True(t, status.Stopped())
	used, err := CPU(pid)
	require.NoError(t, err)
	require.NotZero(t, used%time.Microsecond, "in ticks")
	again, err := CPU(pid)
	require.NoError(t, err)
	require.Equal(t, used, again, "it is stopped")
	require.NoError(t, unix.Kill(pid, unix.SIGCONT))
	require.NoError(t, cmd.Wait())
	require.InDelta(t, used.Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), 0.02)
}
