package clients

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
	"pikv/testcluster/need"
)

// redisBenchmark runs it and returns the requests a second of each test.
func redisBenchmark(ctx context.Context, addr string, args ...string) (rates map[string]float64, out string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", err
	}
	args = append([]string{"-h", host, "-p", port, "--csv", "-t", "set,get,incr", "-r", "10000", "-c", "20"}, args...)
	raw, err := exec.CommandContext(ctx, "redis-benchmark", args...).CombinedOutput()
	rates = make(map[string]float64)
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if rate, err := strconv.ParseFloat(strings.Trim(fields[min(1, len(fields)-1)], `"`), 64); err == nil {
			rates[strings.Trim(fields[0], `"`)] = rate
		}
	}
	return rates, string(raw), err
}

func TestRedisBenchmark(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-benchmark")
	c := testcluster.Start(t, testcluster.Options{Workers: 1, Replicas: 1, Redis: true})
	for i, depth := range []string{"1", "16"} {
		rates, out, err := redisBenchmark(t.Context(), c.Node("w1").RESP, "-n", "20000", "-P", depth)
		require.NoError(t, err, out)
		require.NotContains(t, out, "ERR")
		require.Len(t, rates, 3, out)
		require.Equal(t, (i+1)*20000, counted(t, c), "INCR was given so often")
	}
}

// benchmarkRun is how a redis-benchmark ended.
type benchmarkRun struct {
	rates map[string]float64
	out   string
	err   error
}

// whole: it has run to its end and measured everything.
func (r benchmarkRun) whole() bool { return r.err == nil && len(r.rates) == 3 }

// harmless are the lines of a redis-benchmark that say what it begins with, what it has
// measured, that it was redirected, and that a node is gone; then it stops.
var harmless = regexp.MustCompile(`^$|^"|^Cluster has \d+ master nodes:$|^Master \d+: |^WARNING: Master node .* has no slots, skipping|^WARNING: Could not fetch node CONFIG |^WARNING: Cluster slots configuration changed, fetching new one\.\.\.$|` +
	`^Error: (Server closed the connection|Connection reset by peer|Broken pipe)$|^Could not connect to (Redis|server) at .*: Connection refused$`)

// complaints are the other lines.
func (r benchmarkRun) complaints() (lines []string) {
	for line := range strings.Lines(strings.ReplaceAll(r.out, "\r", "\n")) {
		if line = strings.TrimSpace(line); !harmless.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestRedisBenchmarkClusterWhileNodesComeAndGo: it follows MOVED while a worker joins. When
// one dies it stops. One that is begun before the take-over waits for ever, as with Redis
// before its failover: what it has begun on a connection that is refused never counts as
// finished; but nothing is
// wrong until then, and it works again with those that are left.
func TestRedisBenchmarkClusterWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-benchmark", "redis-cli")
	c := cluster(t)
	w1, w2 := c.Node("w1").RESP, c.Node("w2").RESP
	begin := func(ctx context.Context, n int) chan benchmarkRun {
		done := make(chan benchmarkRun, 1)
		go func() {
			var r benchmarkRun
			r.rates, r.out, r.err = redisBenchmark(ctx, w1, "--cluster", "-n", strconv.Itoa(n))
			done <- r
		}()
		return done
	}
	const requests = 10_000
	settled := make(chan struct{})
	runs := make(chan []benchmarkRun, 1)
	from := commandsOf(t, w2)
	go func() { // one after the other, until all is done
		var all []benchmarkRun
		defer func() { runs <- all }()
		for {
			all = append(all, <-begin(t.Context(), requests))
			select {
			case <-settled:
				return
			case <-t.Context().Done(): // the test has failed
				return
			default:
			}
		}
	}()
	asksW2 := func(context.Context) error {
		if n := commandsOf(t, w2) - from; n < 1000 {
			return fmt.Errorf("%d commands", n)
		}
		return nil
	}
	c.Eventually("the benchmark asks w2", asksW2)
	c.AddWorker()
	c.WaitSettled()
	close(settled)
	all := <-runs
	for _, r := range all {
		require.True(t, r.whole(), "%v: %s", r.err, r.out)
	}
	given := requests * len(all)
	sum, refused := counted(t, c), refusals(t, c, "w1", "w2", "w3", "w4")
	require.LessOrEqual(t, sum, given)
	require.GreaterOrEqual(t, sum, given-refused)
	t.Logf("INCR counted %d of %d, %d commands were refused", sum, given, refused)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	from = commandsOf(t, w2)
	done := begin(ctx, 10_000_000)
	c.Eventually("the benchmark asks w2", asksW2)
	c.Kill("w2")
	again := 0
	c.Eventually("a benchmark of those that are left", func(ctx context.Context) error {
		again++
		ctx, cancel := context.WithTimeout(ctx, time.Duration(again)*3*time.Second)
		defer cancel()
		began := time.Now()
		r := <-begin(ctx, 5000)
		t.Logf("run %d after the death: %v after %v", again, r.err, time.Since(began))
		require.Empty(t, r.complaints(), r.out)
		if !r.whole() {
			return fmt.Errorf("%w: %s", r.err, r.out)
		}
		return nil
	})
	cancel()
	r := <-done
	require.Error(t, r.err)
	require.Empty(t, r.complaints(), r.out)
	t.Logf("the run under way ended with %v: %s", r.err, r.out)
	c.WaitSettled()
	sum, refused = counted(t, c), refusals(t, c, "w1", "w3", "w4")
	r = <-begin(t.Context(), 5000)
	require.True(t, r.whole(), "%v: %s", r.err, r.out)
	require.GreaterOrEqual(t, counted(t, c)-sum, 5000-(refusals(t, c, "w1", "w3", "w4")-refused))
}

// refusals is how many commands workers have answered with an error. A redis-benchmark
// takes a redirect for an answer, and does not send the command again. (It uses one slot
// of each node, so it sees one only when that slot moves.)
func refusals(t *testing.T, c *testcluster.Cluster, workers ...string) (sum int) {
	t.Helper()
	for _, w := range workers {
		sum += statOf(t, c.Node(w).RESP, "total_error_replies")
	}
	return sum
}

// statOf is a number of INFO stats.
func statOf(t *testing.T, addr, name string) (n int) {
	t.Helper()
	out, err := redisCLI(t.Context(), addr, "", "info", "stats")
	require.NoError(t, err, out)
	_, rest, _ := strings.Cut(out, name+":")
	_, err = fmt.Sscan(rest, &n)
	require.NoError(t, err, out)
	return n
}

// commandsOf is how many commands a node has done.
func commandsOf(t *testing.T, addr string) int {
	t.Helper()
	return statOf(t, addr, "total_commands_processed")
}
