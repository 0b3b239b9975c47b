package clients

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/testcluster"
	"pikv/testcluster/need"
)

// redisCLI runs redis-cli against a node and returns what it prints.
func redisCLI(ctx context.Context, addr, stdin string, args ...string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "redis-cli", append([]string{"-h", host, "-p", port}, args...)...)
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return strings.TrimSpace(out.String()), err
}

// cli is keys through redis-cli -c, a process for each command, pointed at one node.
type cli struct{ addr string }

var errCLI = errors.New("redis-cli")

func (c cli) set(ctx context.Context, key, value string) error {
	out, err := redisCLI(ctx, c.addr, "", "-c", "set", key, value)
	if err == nil && out != "OK" {
		err = fmt.Errorf("%w: %s", errCLI, out)
	}
	return err
}

func (c cli) get(ctx context.Context, key string) (string, bool, error) {
	out, err := redisCLI(ctx, c.addr, "", "-c", "get", key)
	if err == nil && strings.Trim(out, "0123456789") != "" {
		err = fmt.Errorf("%w: %s", errCLI, out)
	}
	return out, out != "", err
}

func TestRedisCLIWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli")
	c := cluster(t)
	startLoad(t, cli{c.Node("w1").RESP}).whileNodesComeAndGo(t, c, "w2", 200)
}

// TestRedisCLI does what people do with it.
func TestRedisCLI(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli")
	c := cluster(t)
	run := func(stdin string, args ...string) string {
		t.Helper()
		out, err := redisCLI(t.Context(), c.Node("w1").RESP, stdin, args...)
		require.NoError(t, err, out)
		return out
	}
	var script, want strings.Builder
	for i := range 200 {
		fmt.Fprintf(&script, "set key:%d value:%d\nget key:%d\n", i, i, i)
		fmt.Fprintf(&want, "OK\nvalue:%d\n", i)
	}
	got := run(script.String(), "-c")
	var answers strings.Builder // without "-> Redirected to slot"
	for line := range strings.Lines(got + "\n") {
		if !strings.HasPrefix(line, "->") {
			answers.WriteString(line)
		}
	}
	require.Equal(t, want.String(), answers.String())

	require.Contains(t, run("", "cluster", "info"), "cluster_state:ok")
	require.Equal(t, 3, strings.Count(run("", "cluster", "nodes"), "master"))
	require.Contains(t, run("", "info"), "redis_version:7")
	found := map[string]bool{}
	for _, node := range c.Nodes() {
		if node.Role != "worker" {
			continue
		}
		keys, err := redisCLI(t.Context(), node.RESP, "", "--scan", "--pattern", "key:*")
		require.NoError(t, err, keys)
		here := map[string]bool{} // SCAN may tell of a key twice
		for key := range strings.FieldsSeq(keys) {
			here[key] = true
		}
		for key := range here {
			require.False(t, found[key], "%s has %s, too", node.Name, key)
			found[key] = true
		}
		big, err := redisCLI(t.Context(), node.RESP, "", "--bigkeys")
		require.NoError(t, err, big)
		require.Contains(t, big, "Biggest string found")
	}
	require.Len(t, found, 200)
	require.Regexp(t, `^\d+ \d+ [\d.]+ \d+$`, run("", "--raw", "--latency"))
	out, err := redisCLI(t.Context(), c.Node("w1").RESP, "", "get", keyOf(t, c, "w2"))
	require.NoError(t, err)
	require.Contains(t, out, "MOVED", "without -c it is told where the key is")
}

// keyOf returns a key that a worker owns.
func keyOf(t *testing.T, c *testcluster.Cluster, worker string) string {
	t.Helper()
	view, err := c.Client().View(t.Context())
	require.NoError(t, err)
	for i := range 10000 {
		key := fmt.Sprintf("k%d", i)
		if owner, ok := view.Owner(placement.PartitionOf([]byte(key), len(view.Partitions))); ok && owner.Name == worker {
			return key
		}
	}
	t.Fatalf("no key of %s", worker)
	return ""
}

// TestRedisCLIPipe sends 100,000 commands in one go, to a worker that has all keys.
func TestRedisCLIPipe(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli")
	const many = 100_000
	var commands bytes.Buffer
	for i := range many {
		key, value := fmt.Sprintf("k:%d", i), fmt.Sprintf("value-%d", i)
		fmt.Fprintf(&commands, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, len(value), value)
	}
	c := testcluster.Start(t, testcluster.Options{Workers: 1, Replicas: 1, Redis: true})
	out, err := redisCLI(t.Context(), c.Node("w1").RESP, commands.String(), "--pipe")
	require.NoError(t, err, out)
	require.Contains(t, out, fmt.Sprintf("errors: 0, replies: %d", many))
	size, err := redisCLI(t.Context(), c.Node("w1").RESP, "", "dbsize")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(many), size)
}

// statLine is what --stat prints: keys, memory, clients, blocked ones, commands and how many
// came since the line before, connections.
var statLine = regexp.MustCompile(`^(\d+) +[\d.]+[BKMG] +\d+ +0 +\d+ \(\+(\d+)\) +\d+ *$`)

// TestRedisCLIStat reads lines of --stat, which never ends, until it has told of what was
// written meanwhile.
func TestRedisCLIStat(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli")
	c := testcluster.Start(t, testcluster.Options{Workers: 1, Replicas: 1, Redis: true})
	addr := c.Node("w1").RESP
	host, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "redis-cli", "-h", host, "-p", port, "--stat", "-i", "0.1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { cancel(); _ = cmd.Wait() }()
	const many = 7
	figures, written, more := 0, false, false
	for lines := bufio.NewScanner(out); !more; {
		require.True(t, lines.Scan(), "it has ended: %v", lines.Err())
		line := lines.Text()
		if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "keys") { // the head
			continue
		}
		m := statLine.FindStringSubmatch(line)
		require.NotNil(t, m, "%q", line)
		if figures++; figures < 3 {
			require.Equal(t, "0", m[1], line)
			continue
		}
		if !written {
			written = true
			for i := range many {
				require.NoError(t, cli{addr}.set(ctx, fmt.Sprint("stat", i), "1"))
			}
			continue
		}
		more = m[1] == fmt.Sprint(many) && m[2] != "0"
	}
}
