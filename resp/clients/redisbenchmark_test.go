package clients

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

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
	need.Peers(t, "redis-benchmark")
	c := testcluster.Start(t, testcluster.Options{Workers: 1, Replicas: 1, Redis: true})
	for _, depth := range []string{"1", "16"} {
		rates, out, err := redisBenchmark(t.Context(), c.Node("w1").RESP, "-n", "20000", "-P", depth)
		require.NoError(t, err, out)
		require.NotContains(t, out, "ERR")
		require.Len(t, rates, 3, out)
	}
}

// TestRedisBenchmarkClusterWhileNodesComeAndGo: it follows MOVED while a worker joins.
func TestRedisBenchmarkClusterWhileNodesComeAndGo(t *testing.T) {
	need.Peers(t, "redis-benchmark")
	c := cluster(t)
	type result struct {
		rates map[string]float64
		out   string
		err   error
	}
	begin := func(ctx context.Context, n int) chan result {
		done := make(chan result, 1)
		go func() {
			rates, out, err := redisBenchmark(ctx, c.Node("w1").RESP, "--cluster", "-n", strconv.Itoa(n))
			done <- result{rates, out, err}
		}()
		return done
	}
	done := begin(t.Context(), 20_000)
	c.AddWorker()
	c.WaitSettled()
	r := <-done
	require.NoError(t, r.err, r.out)
	require.Len(t, r.rates, 3, r.out)

	// When a worker dies it stops, or waits for ever: it has no time limit itself. It may
	// be started again at once.
	ctx, cancel := context.WithCancel(t.Context())
	done = begin(ctx, 1_000_000)
	c.Kill("w2")
	c.WaitSettled()
	cancel()
	<-done
	r = <-begin(t.Context(), 5000)
	require.NoError(t, r.err, r.out)
	require.Len(t, r.rates, 3, r.out)
}
