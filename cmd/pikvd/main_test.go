package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"pikv/wire"
)

// asCommand, set in the environment, makes the test binary be pikvd itself.
const asCommand = "PIKVD_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// process is a running pikvd.
type process struct {
	*exec.Cmd
	lines  *bufio.Scanner // of what it prints
	stderr bytes.Buffer   // to be read once it has ended
}

// pikvd starts the command, for at most a minute, with nothing of this process's
// environment but the given variables and PATH.
func pikvd(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return pikvdFor(t, time.Minute, env, args...)
}

// pikvdFor is pikvd for at most so long.
func pikvdFor(t *testing.T, most time.Duration, env []string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), most)
	p := &process{Cmd: exec.CommandContext(ctx, os.Args[0], args...)}
	p.Env = append([]string{asCommand + "=1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.Stderr = &p.stderr
	p.lines = bufio.NewScanner(out)
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		cancel()
		_ = p.Wait() // ended already, or killed by cancel
	})
	return p
}

// line returns the next line that contains a word.
func (p *process) line(t *testing.T, word string) string {
	t.Helper()
	for p.lines.Scan() {
		if strings.Contains(p.lines.Text(), word) {
			return p.lines.Text()
		}
	}
	_ = p.Wait()
	t.Fatalf("it ended with %v before it printed %q: %s", p.ProcessState, word, &p.stderr)
	return ""
}

// wait returns the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	for p.lines.Scan() { // or it would wait for a reader
	}
	_ = p.Wait()
	require.NotNil(t, p.ProcessState)
	return p.ProcessState.ExitCode()
}

func TestUsageErrorsExitWith2(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"start", "--role", "worker", "--discover", "off"}, "--join: a worker needs the address"},
		{[]string{"start", "--role", "worker", "--bind", "127.0.0.1"}, "--join: a worker needs the address"},
		{[]string{"start", "--no-such-flag"}, "flag provided but not defined"},
		{[]string{"begin"}, "there is no command \"begin\""},
		{[]string{"dev", "--workers", "0"}, "--workers: 0 is not from 1 to 32"},
		{[]string{"dev", "--workers", "many"}, "for flag -workers"},
		{[]string{"dev", "--replicas", "4"}, "--replicas: 4 is not from 1 to 3"},
		{[]string{"dev", "--workers", "33", "--replicas", "0"}, "2 problems with the settings:\n  --workers: 33 is not from 1 to 32\n  --replicas: 0"},
		{[]string{"dev", "--on-loss", "panic"}, "--on-loss: "},
		{[]string{"start", "--role", "master", "--replicas", "0", "--on-loss", "maybe", "--rpc-port", "x"}, "3 problems with the settings:\n  --rpc-port: "},
		{[]string{"version", "now"}, "\"now\" is not a flag"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			p := pikvd(t, nil, tt.args...)
			require.Equal(t, exitUsage, p.wait(t))
			require.Contains(t, p.stderr.String(), tt.want)
			require.True(t, strings.HasPrefix(p.stderr.String(), "pikvd: "), p.stderr.String())
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	p := pikvd(t, nil, "version")
	p.line(t, "pikvd ")
	require.Equal(t, exitOK, p.wait(t))

	p = pikvd(t, nil, "start", "--help")
	p.line(t, "--gossip-port PORT")
	p.line(t, "$PIKV_CONFIG")
	require.Equal(t, exitOK, p.wait(t))
	require.Empty(t, p.stderr.String())

	p = pikvd(t, nil)
	p.line(t, "pikvd dev")
	require.Equal(t, exitOK, p.wait(t))
}

// onLoopback are the settings of a node of these tests; the log goes to stderr.
var onLoopback = []string{"PIKV_BIND=127.0.0.1", "PIKV_RPC_PORT=0", "PIKV_RESP_PORT=any", "PIKV_GOSSIP_PORT=0", "PIKV_PROFILE=local", "PIKV_LOG_LEVEL=warn", "PIKV_MAX_MEMORY=64MiB", "PIKV_PARTITIONS=16"}

// field returns a field of the line that a ready node prints.
func field(t *testing.T, line, name string) string {
	t.Helper()
	for word := range strings.FieldsSeq(line) {
		if value, ok := strings.CutPrefix(word, name+"="); ok {
			return value
		}
	}
	t.Fatalf("%q has no field %s", line, name)
	return ""
}

func TestNodesPrintTheirAddressesAndStopOnSIGTERM(t *testing.T) {
	t.Parallel()
	master := pikvd(t, onLoopback, "start", "--role", "master", "--name", "m", "--data-dir", t.TempDir())
	seed := field(t, master.line(t, "ready"), "gossip")
	w1 := pikvd(t, onLoopback, "start", "--role", "worker", "--name", "w1", "--join", seed)
	line := w1.line(t, "ready")
	require.Equal(t, "w1", field(t, line, "name"))
	require.Equal(t, "worker", field(t, line, "role"))
	require.True(t, strings.HasPrefix(field(t, line, "rpc"), "127.0.0.1:"), line)
	require.True(t, strings.HasPrefix(field(t, line, "resp"), "127.0.0.1:"), line)
	w2 := pikvd(t, onLoopback, "start", "--role", "worker", "--name", "w2", "--join", seed)
	w2.line(t, "ready")

	require.NoError(t, w2.Process.Signal(unix.SIGTERM))
	require.Equal(t, exitOK, w2.wait(t), "%s", &w2.stderr)

	require.NoError(t, w1.Process.Signal(unix.SIGKILL))
	w1.wait(t)
	require.NoError(t, master.Process.Signal(unix.SIGINT))
	require.Equal(t, exitOK, master.wait(t), "%s", &master.stderr)
}

func TestDevGivesWorkersTheNextFreePorts(t *testing.T) {
	var port int // the one before a port that is taken
	for {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer taken.Close()
		port = taken.Addr().(*net.TCPAddr).Port - 1
		if free, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			require.NoError(t, free.Close())
			break
		}
	}
	args := []string{"dev", "--workers", "1", "--rpc-port", fmt.Sprint(port), "--resp-port", "any", "--partitions", "16", "--max-memory", "16MiB"}
	p := pikvd(t, nil, args...)
	p.line(t, fmt.Sprintf("127.0.0.1:%d ", port))
	require.NotContains(t, p.line(t, "dev-1"), fmt.Sprintf("127.0.0.1:%d ", port+1))
	p.line(t, fmt.Sprintf("export PIKV_SEEDS=127.0.0.1:%d", port))

	second := pikvd(t, nil, args...)
	require.Equal(t, exitFailed, second.wait(t))
	require.Contains(t, second.stderr.String(), "port in use")

	require.NoError(t, p.Process.Signal(unix.SIGINT))
	require.Equal(t, exitOK, p.wait(t), "%s", &p.stderr)
}

// TestDevOfOneWorker: it says what is missing instead of waiting for it.
func TestDevOfOneWorker(t *testing.T) {
	p := pikvd(t, nil, "dev", "--workers", "1", "--replicas", "3", "--on-loss", "reset", "--rpc-port", "0", "--resp-port", "any", "--partitions", "16", "--max-memory", "16MiB")
	p.line(t, "Starting a master and 1 worker in this process...")
	p.line(t, "--replicas 3 needs as many workers: with 1 worker each key has only one copy.")
	p.line(t, "pikv status")
	require.NoError(t, p.Process.Signal(unix.SIGINT))
	require.Equal(t, exitOK, p.wait(t), "%s", &p.stderr)
}

// TestDevIsReadyWhenAllIsSynced, or as far as the workers suffice.
func TestDevIsReadyWhenAllIsSynced(t *testing.T) {
	owners := []wire.MemberStatus{{Name: "m"}, {Name: "w1", Primaries: 8}, {Name: "w2", Primaries: 8}}
	for _, tt := range []struct {
		status  wire.StatusReply
		workers int
		want    bool
	}{
		{wire.StatusReply{Replicas: 2, Partitions: 16, Synced: 16, Members: owners}, 2, true},
		{wire.StatusReply{Replicas: 2, Partitions: 16, Synced: 15, Degraded: 1, Members: owners}, 2, false},
		{wire.StatusReply{Replicas: 2, Partitions: 16, Synced: 15, Moving: 1, Members: owners}, 2, false},
		{wire.StatusReply{Replicas: 3, Partitions: 16, Degraded: 16, Members: owners}, 2, true},
		{wire.StatusReply{Replicas: 3, Partitions: 16, Degraded: 15, Waiting: 1, Members: owners}, 2, false},
		{wire.StatusReply{Replicas: 2, Partitions: 16, Synced: 16, Members: owners}, 3, false},
		{wire.StatusReply{Replicas: 2, Members: owners}, 2, false},
	} {
		require.Equal(t, tt.want, settled(tt.status, tt.workers), "%+v", tt.status)
	}
}

// withoutStarvation drops what gossip warns of when the machine has no time for
// its packets: that is no fault of whoever wrote the rest.
func withoutStarvation(log string) string {
	var rest []string
	for line := range strings.Lines(log) {
		if !slices.ContainsFunc([]string{
			"UDP probes failed, network may be misconfigured", "Failed fallback TCP ping", "Refuting a suspect message", "Refuting a dead message",
		}, func(text string) bool { return strings.Contains(line, text) }) {
			rest = append(rest, line)
		}
	}
	return strings.Join(rest, "")
}

func TestDevServesAtOnceAndCleansUp(t *testing.T) {
	dir := t.TempDir()
	p := pikvd(t, []string{"TMPDIR=" + dir}, "dev", "--workers", "2", "--rpc-port", "0", "--resp-port", "any", "--partitions", "16", "--max-memory", "16MiB")
	p.line(t, "dev-2")
	p.line(t, "pikv put hello world")
	p.line(t, "redis-cli -c -h 127.0.0.1 -p ")
	require.NoError(t, p.Process.Signal(unix.SIGINT))
	require.Equal(t, exitOK, p.wait(t), "%s", &p.stderr)
	require.Empty(t, withoutStarvation(p.stderr.String()), "a life without trouble logs nothing")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestDevGivesWorkersTheNextFreePortsForRedisClients, from the one that is asked for on.
func TestDevGivesWorkersTheNextFreePortsForRedisClients(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	p := pikvd(t, nil, "dev", "--workers", "2", "--rpc-port", "0", "--resp-port", fmt.Sprint(port), "--partitions", "16", "--max-memory", "16MiB")
	for _, name := range []string{"dev-1", "dev-2"} {
		line := p.line(t, name)
		var redis int
		_, err := fmt.Sscanf(strings.Fields(line)[3], "127.0.0.1:%d", &redis)
		require.NoError(t, err, line)
		require.Greater(t, redis, port, line)
		port = redis
	}
	require.NoError(t, p.Process.Signal(unix.SIGINT))
	require.Equal(t, exitOK, p.wait(t), "%s", &p.stderr)
}
