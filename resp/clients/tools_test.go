package clients

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

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

// stage is what happens to the cluster while the tools run.
type stage int32

const (
	calm    stage = iota // nothing
	joining              // a worker joins, until the cluster has settled
	dying                // one is killed, until it has settled again
	after
	stages
)

// toolRun has tools ask again and again, and counts their good rounds by the stage in
// which they began.
type toolRun struct {
	now   atomic.Int32
	tasks *errgroup.Group
	ctx   context.Context
	mu    sync.Mutex
	good  map[string]*[stages]int
	begun map[string]int // rounds
}

// again uses a tool until the end. What it fails with ends the test, unless it was told to
// come again, or use does not count it as good.
func (r *toolRun) again(name string, use func() (good bool, out string, err error)) {
	r.good[name] = &[stages]int{}
	r.tasks.Go(func() error {
		for r.ctx.Err() == nil {
			at := stage(r.now.Load())
			r.mu.Lock()
			r.begun[name]++
			r.mu.Unlock()
			good, out, err := use()
			switch {
			case unanswered(out):
				continue
			case err != nil:
				return fmt.Errorf("%s, begun in stage %d: %w: %s", name, at, err, out)
			case good:
				r.mu.Lock()
				r.good[name][at]++
				r.mu.Unlock()
			}
		}
		return nil
	})
}

// each waits until every tool has had a good round that began in this stage.
func (r *toolRun) each(c *testcluster.Cluster) {
	c.Eventually("a good round of each tool", func(context.Context) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		for name, good := range r.good {
			if good[r.now.Load()] == 0 && r.ctx.Err() == nil { // else a tool has failed: Wait tells
				return fmt.Errorf("%s has had none in stage %d", name, r.now.Load())
			}
		}
		return nil
	})
}

// clusterInfoOf is what CLUSTER INFO says.
func clusterInfoOf(out string) (state string, slots, known, size int, err error) {
	fields := make(map[string]string)
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[name] = value
	}
	_, err = fmt.Sscan(fmt.Sprintln(fields["cluster_slots_assigned"], fields["cluster_known_nodes"], fields["cluster_size"]), &slots, &known, &size)
	return fields["cluster_state"], slots, known, size, err
}

// biggest is what --bigkeys prints of a worker whose longest value is "value".
var biggest = regexp.MustCompile(`(?s)Sampled (\d+) keys in the keyspace!.*Biggest string found '"stay:\d+"' has 5 bytes`)

// TestRedisToolsWhileNodesComeAndGo: what they list is there, what stays is listed, and
// none of them sees an error; each does its work in every stage.
func TestRedisToolsWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli", "redis-benchmark")
	c := testcluster.Start(t, testcluster.Options{Workers: 3, Replicas: 2, Redis: true, RedisProxy: true})
	c.WaitSettled()
	addr := c.Node("w1").RESP
	own := c.Client()
	var keys []string
	for i := range 1000 {
		keys = append(keys, fmt.Sprintf("stay:%d", i))
		_, err := own.Put(t.Context(), keys[i], []byte("value"))
		require.NoError(t, err)
	}
	known := map[string]bool{}
	for _, key := range keys {
		known[key] = true
	}
	before := keysOn(t, c, "w1", keys)
	ending, cancel := context.WithCancel(t.Context())
	defer cancel()
	run := &toolRun{good: make(map[string]*[stages]int), begun: make(map[string]int)}
	run.tasks, run.ctx = errgroup.WithContext(ending)
	var scans []map[string]bool
	run.again("--scan", func() (bool, string, error) {
		out, err := redisCLI(t.Context(), addr, "", "--scan", "--pattern", "stay:*")
		found := map[string]bool{}
		for key := range strings.FieldsSeq(out) {
			found[key] = true
		}
		if !unanswered(out) {
			scans = append(scans, found)
		}
		return true, out, err
	})
	var sampled []int
	run.again("--bigkeys", func() (bool, string, error) {
		out, err := redisCLI(t.Context(), addr, "", "--bigkeys")
		switch m := biggest.FindStringSubmatch(out); {
		case strings.Contains(out, "returned an error: MOVED"), strings.Contains(out, "Warning"): // the key has left since SCAN told of it
			return false, out, nil
		case err == nil && m == nil:
			return false, out, errTool
		case err == nil:
			n, _ := strconv.Atoi(m[1])
			sampled = append(sampled, n)
		}
		return true, out, err
	})
	run.again("--latency", func() (bool, string, error) {
		out, err := redisCLI(t.Context(), addr, "", "--raw", "--latency")
		var least, most, count int
		var mean float64
		if _, bad := fmt.Sscan(out, &least, &most, &mean, &count); err == nil && (bad != nil || least > most || count < 1) {
			err = errTool
		}
		return true, out, err
	})
	run.again("cluster info", func() (bool, string, error) {
		out, err := redisCLI(t.Context(), addr, "", "cluster", "info")
		state, slots, nodes, size, bad := clusterInfoOf(out)
		if err == nil && (bad != nil || size > nodes || nodes > 4 || (state == "ok") != (slots == placement.Slots) ||
			state != "ok" && (state != "fail" || stage(run.now.Load()) < dying)) {
			err = errTool
		}
		return state == "ok", out, err
	})
	const requests = 500
	whole := 0
	run.again("redis-benchmark", func() (bool, string, error) { // it gives up when a key is elsewhere, so it asks the proxy
		rates, out, err := redisBenchmark(t.Context(), c.Node("master").RESP, "-n", strconv.Itoa(requests))
		if strings.Contains(out, "UNKNOWNFATE") && stage(run.now.Load()) >= dying { // a worker died that did a write
			return false, out, nil
		}
		if err == nil && len(rates) != 3 {
			err = errTool
		}
		if err == nil && !unanswered(out) {
			whole++
		}
		return true, out, err
	})
	run.each(c)
	run.now.Store(int32(joining))
	c.AddWorker()
	c.WaitSettled()
	run.each(c)
	stayed := keysOn(t, c, "w1", keys) // a join only takes some away
	run.now.Store(int32(dying))
	c.Kill("w2")
	c.WaitSettled()
	run.each(c)
	run.now.Store(int32(after))
	run.each(c)
	cancel()
	require.NoError(t, run.tasks.Wait())
	require.NotEmpty(t, stayed)
	for i, found := range scans {
		for key := range found {
			require.True(t, known[key], "scan %d has found %q", i, key)
		}
		for key := range stayed {
			require.True(t, !before[key] || found[key], "scan %d has not found %q", i, key)
		}
	}
	least := 0
	for key := range stayed {
		if before[key] {
			least++
		}
	}
	for i, n := range sampled {
		require.GreaterOrEqual(t, n, least, "--bigkeys %d", i)
	}
	c.Eventually("CLUSTER INFO of three workers", func(ctx context.Context) error {
		out, err := redisCLI(ctx, addr, "", "cluster", "info")
		if state, slots, nodes, size, bad := clusterInfoOf(out); err != nil || bad != nil || state != "ok" || slots != placement.Slots || nodes != 3 || size != 3 {
			return fmt.Errorf("%w: %s", errors.Join(errTool, err), out)
		}
		return nil
	})
	sum := counted(t, c)
	require.GreaterOrEqual(t, sum, whole*requests, "INCR was acknowledged so often")
	require.LessOrEqual(t, sum, run.begun["redis-benchmark"]*requests, "INCR was given so often")
	for name, good := range run.good {
		t.Logf("%s: %d rounds; good ones while calm, joining, dying, after: %v", name, run.begun[name], *good)
	}
}

// errTool: a tool has printed what it should not have.
var errTool = errors.New("not what the tool should print")

// counted is the sum of what redis-benchmark has counted with INCR, read by pikv's own client.
func counted(t *testing.T, c *testcluster.Cluster) (sum int) {
	t.Helper()
	own := c.Client()
	for key, err := range own.Keys(t.Context(), "counter:") {
		require.NoError(t, err)
		value, err := own.Get(t.Context(), key)
		require.NoError(t, err)
		n, err := strconv.Atoi(string(value))
		require.NoError(t, err, key)
		sum += n
	}
	return sum
}
