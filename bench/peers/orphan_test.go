package peers

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/need"
)

// startsAServer is set for the copy of this test that starts a server and is killed.
const startsAServer = "PIKV_TEST_STARTS_A_SERVER"

// TestAServerDiesWithUs however we end: also one that would rather be another user.
func TestAServerDiesWithUs(t *testing.T) {
	need.Peers(t, "memcached")
	if os.Getenv(startsAServer) != "" {
		s, err := StartMemcached(t.Context(), 64)
		require.NoError(t, err)
		fmt.Fprintf(os.Stdout, "server %d\n", s.PID())
		time.Sleep(time.Minute) // until it is killed
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAServerDiesWithUs$", "-test.v")
	cmd.Env = append(os.Environ(), startsAServer+"=1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if number, ok := strings.CutPrefix(lines.Text(), "server "); ok {
			pid, err = strconv.Atoi(number)
			require.NoError(t, err)
		}
	}
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	require.NotZero(t, pid, "it started no server")
	require.Eventually(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || isZombie(pid) }, 10*time.Second, 10*time.Millisecond)
}

// isZombie reports whether a process has ended and nobody has asked how.
func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}
