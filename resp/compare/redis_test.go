package compare

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/need"
)

// startRedis starts redis-server as a cluster of one node, and returns its
// address. Other versions answer some commands otherwise.
func startRedis(t *testing.T, args ...string) string {
	t.Helper()
	need.PeerVersion(t, "redis-server", " v=7.0.")
	for range 5 { // a port may be taken by another after it was found free
		port, bus := freePort(t), freePort(t)
		addr := net.JoinHostPort("127.0.0.1", port)
		if runRedis(t, addr, append([]string{
			"--bind", "127.0.0.1", "--port", port, "--cluster-port", bus, "--cluster-enabled", "yes",
			"--save", "", "--appendonly", "no", "--dir", t.TempDir(),
		}, args...)) {
			return addr
		}
	}
	t.Fatal("redis-server found no port")
	return ""
}

// runRedis runs it until the test ends; false: it could not begin.
func runRedis(t *testing.T, addr string, args []string) bool {
	t.Helper()
	cmd := exec.Command("redis-server", args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
	s := &server{addr: addr}
	defer s.close()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		select {
		case <-done:
			t.Logf("redis-server: %s", &out)
			return false
		default:
		}
		if s.dial(2) != nil {
			continue
		}
		if i := slices.Index(args, "--requirepass"); i >= 0 {
			if _, err := s.call("AUTH", args[i+1]); err != nil {
				continue
			}
		}
		if _, err := s.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"); err != nil {
			continue
		}
		for ; time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			select {
			case <-done:
				t.Logf("redis-server: %s", &out)
				return false
			default:
			}
			if a, err := s.call("CLUSTER", "INFO"); err != nil || !strings.Contains(a.text, "cluster_state:ok") {
				continue
			}
			a, err := s.call("INFO", "server")
			return err == nil && strings.Contains(a.text, fmt.Sprintf("process_id:%d\r\n", cmd.Process.Pid)) // else another has the port
		}
	}
	t.Fatalf("redis-server did not begin to serve: %s", &out)
	return false
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}

// readScript reads the commands that the servers are compared by.
func readScript(t *testing.T) script {
	t.Helper()
	text, err := os.ReadFile("testdata/commands.txt")
	require.NoError(t, err)
	s, err := parse(string(text))
	require.NoError(t, err)
	return s
}
