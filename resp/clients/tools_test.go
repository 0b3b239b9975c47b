package clients

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"pikv/placement"
	"pikv/testcluster"
	"pikv/testcluster/need"
)

// Tools of Redis that know no cluster ask one node, and are told what it has: the rest
// is MOVED, and was not done.

// keysOn returns the keys among many that a worker answers for now.
func keysOn(t *testing.T, c *testcluster.Cluster, worker string, keys []string) map[string]bool {
	t.Helper()
	view, err := c.Client().View(t.Context())
	require.NoError(t, err)
	there := map[string]bool{}
	for _, key := range keys {
		if owner, ok := view.Owner(placement.PartitionOf([]byte(key), len(view.Partitions))); ok && owner.Name == worker {
			there[key] = true
		}
	}
	return there
}

// unanswered reports whether a tool was told to come again, which it does not do by
// itself: the node may not serve a partition for a moment.
func unanswered(out string) bool { return strings.Contains(out, "TRYAGAIN") }

// TestRedisToolsWhileNodesComeAndGo: what they list is there, what stays is listed, and
// none of them sees an error.
func TestRedisToolsWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli", "redis-benchmark")
	c := testcluster.Start(t, testcluster.Options{Workers: 3, Replicas: 2, Redis: true, RedisProxy: true})
	addr := c.Node("w1").RESP
	var keys []string
	for i := range 1000 {
		keys = append(keys, fmt.Sprintf("stay:%d", i))
		_, err := c.Client().Put(t.Context(), keys[i], []byte("value"))
		require.NoError(t, err)
	}
	known := map[string]bool{}
	for _, key := range keys {
		known[key] = true
	}
	before := keysOn(t, c, "w1", keys)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var tools errgroup.Group
	again := func(name string, use func() (string, error)) { // until it has worked after the end
		tools.Go(func() error {
			var ended time.Time
			for rounds := 0; ; rounds++ {
				last := ctx.Err() != nil
				if last && ended.IsZero() {
					ended = time.Now()
				}
				out, err := use()
				if unanswered(out) && (!last || time.Since(ended) < time.Minute) {
					continue
				}
				if err != nil || unanswered(out) {
					return fmt.Errorf("%s, round %d: %w: %s", name, rounds, err, out)
				}
				if last {
					return nil
				}
			}
		})
	}
	var scans []map[string]bool
	again("--scan", func() (string, error) {
		out, err := redisCLI(t.Context(), addr, "", "--scan", "--pattern", "stay:*")
		found := map[string]bool{}
		for key := range strings.FieldsSeq(out) {
			found[key] = true
		}
		if !unanswered(out) {
			scans = append(scans, found)
		}
		return out, err
	})
	again("--bigkeys", func() (string, error) {
		out, err := redisCLI(t.Context(), addr, "", "--bigkeys")
		if strings.Contains(out, "returned an error: MOVED") { // the key has left since SCAN told of it
			err = nil
		}
		return out, err
	})
	again("--latency", func() (string, error) { return redisCLI(t.Context(), addr, "", "--raw", "--latency") })
	again("redis-benchmark", func() (string, error) { // it gives up when a key is elsewhere, so it asks the proxy
		_, out, err := redisBenchmark(t.Context(), c.Node("master").RESP, "-n", "2000")
		return out, err
	})
	c.AddWorker()
	c.WaitSettled()
	stayed := keysOn(t, c, "w1", keys) // a join only takes some away
	c.Kill("w2")
	c.WaitSettled()
	cancel()
	require.NoError(t, tools.Wait())
	require.NotEmpty(t, stayed)
	for i, found := range scans {
		for key := range found {
			require.True(t, known[key], "scan %d has found %q", i, key)
		}
		for key := range stayed {
			require.True(t, !before[key] || found[key], "scan %d has not found %q", i, key)
		}
	}
	t.Logf("%d scans", len(scans))
}
