package testcluster_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/resp/resptest"
	"pikv/testcluster"
)

// redisClient is go-redis, from the host where clients are.
func redisClient(t *testing.T, c *testcluster.Cluster, nodes ...string) *redis.ClusterClient {
	t.Helper()
	var addrs []string
	for _, name := range nodes {
		addrs = append(addrs, c.Node(name).RESP)
	}
	dial := c.Dialer()
	cl := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: addrs, ClusterStateReloadInterval: time.Second, ReadTimeout: time.Second, DialTimeout: time.Second,
		Dialer: func(ctx context.Context, _, addr string) (net.Conn, error) { return dial(ctx, addr) },
	})
	t.Cleanup(func() { require.NoError(t, cl.Close()) })
	return cl
}

// insist gives a command until it is answered, for as long as the cluster's patience.
func insist(c *testcluster.Cluster, give func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.Patience())
	defer cancel()
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for {
		err := give(ctx)
		if err == nil || errors.Is(err, redis.Nil) {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return err
		}
	}
}

// redisWriters set keys of their own to numbers that grow, and read each back.
type redisWriters struct {
	c      *testcluster.Cluster
	cl     *redis.ClusterClient
	last   [8]int // that was acknowledged, of each writer's key
	rounds [8]atomic.Int64
	wrong  chan error // the first of each writer
	stop   func()     // ends them, and waits
}

// startRedisWriters has them write until stop, at the latest the end of the test.
func startRedisWriters(t *testing.T, c *testcluster.Cluster) *redisWriters {
	t.Helper()
	w := &redisWriters{c: c, cl: redisClient(t, c, "w1", "w2", "w3"), wrong: make(chan error, 8)}
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	w.stop = func() { cancel(); writing.Wait() }
	t.Cleanup(w.stop)
	for i := range w.rounds {
		writing.Go(func() { w.write(ctx, i) })
	}
	return w
}

func (w *redisWriters) key(i int) string { return key(i) + "-written" }

// write goes on until ctx ends.
func (w *redisWriters) write(ctx context.Context, i int) {
	for n := 1; ctx.Err() == nil; n++ {
		if err := insist(w.c, func(ctx context.Context) error { return w.cl.Set(ctx, w.key(i), n, 0).Err() }); err != nil {
			w.wrong <- fmt.Errorf("SET of %s: %w", w.key(i), err)
			return
		}
		w.last[i] = n
		if err := w.check(i); err != nil {
			w.wrong <- err
			return
		}
		w.rounds[i].Add(1)
	}
}

// check compares a key with what was acknowledged.
func (w *redisWriters) check(i int) error {
	var got string
	err := insist(w.c, func(ctx context.Context) (err error) { got, err = w.cl.Get(ctx, w.key(i)).Result(); return err })
	switch {
	case err != nil:
		return fmt.Errorf("GET of %s: %w", w.key(i), err)
	case got != strconv.Itoa(w.last[i]):
		return fmt.Errorf("%s is %q, acknowledged was %d", w.key(i), got, w.last[i])
	}
	return nil
}

// goOn waits until every writer has made some more rounds.
func (w *redisWriters) goOn(t *testing.T) {
	t.Helper()
	for i := range w.rounds {
		from := w.rounds[i].Load()
		require.Eventually(t, func() bool { return w.rounds[i].Load() > from+2 || len(w.wrong) > 0 }, w.c.Patience(), 5*time.Millisecond)
	}
	require.Empty(t, w.wrong)
}

// A paused worker is replaced, and clients of Redis go on at others. What waits in it
// meanwhile is not answered by what was true before, and writes nothing over what came
// after it.
func TestNetnsAPausedWorkerTellsRedisClientsNothingThatIsOver(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3, Redis: true})
	cl := redisClient(t, c, "w2", "w3")
	view, err := c.Client().View(t.Context())
	require.NoError(t, err)
	var atPaused []string // keys
	for i := range keys {
		require.NoError(t, insist(c, func(ctx context.Context) error { return cl.Set(ctx, key(i), "old", 0).Err() }))
		if owner, ok := view.Owner(placement.PartitionOf([]byte(key(i)), len(view.Partitions))); ok && owner.Name == "w1" {
			atPaused = append(atPaused, key(i))
		}
	}
	require.NotEmpty(t, atPaused)
	w := startRedisWriters(t, c)
	w.goOn(t)
	late, err := c.Dialer()(t.Context(), c.Node("w1").RESP)
	require.NoError(t, err)
	defer late.Close()
	require.NoError(t, late.SetDeadline(time.Now().Add(c.Patience())))

	c.Pause("w1")
	for _, k := range atPaused {
		require.NoError(t, insist(c, func(ctx context.Context) error { return cl.Set(ctx, k, "new", 0).Err() }), "another serves it")
	}
	var waiting strings.Builder
	for _, k := range atPaused {
		waiting.WriteString(resptest.Command("GET", k) + resptest.Command("APPEND", k, "+late") + resptest.Command("GET", k))
	}
	_, err = late.Write([]byte(waiting.String()))
	require.NoError(t, err)
	w.goOn(t)
	c.Resume("w1")

	answers := make(map[string]int)
	replies := bufio.NewReader(late)
	appended := make(map[string]bool)
	for _, k := range atPaused {
		for _, command := range []string{"GET", "APPEND", "GET"} {
			reply, err := resptest.ReadReply(replies)
			require.NoError(t, err, "%s of %s", command, k)
			kind, _, _ := strings.Cut(reply, " ")
			answers[command+" "+kind]++
			switch {
			case kind == "-MOVED" || kind == "-TRYAGAIN" || kind == "-CLUSTERDOWN":
			case command == "APPEND":
				require.Equal(t, ":8", reply, k)
				appended[k] = true
			case appended[k]:
				require.Equal(t, "new+late", reply, k)
			default:
				require.Equal(t, "new", reply, k)
			}
		}
	}
	t.Logf("what waited was answered so: %v", answers)
	c.WaitSettled()
	w.goOn(t)
	w.stop()
	require.Empty(t, w.wrong)
	for i := range w.last {
		require.NoError(t, w.check(i))
	}
	for _, k := range atPaused {
		var got string
		require.NoError(t, insist(c, func(ctx context.Context) (err error) { got, err = cl.Get(ctx, k).Result(); return err }))
		want := "new"
		if appended[k] {
			want = "new+late"
		}
		require.Equal(t, want, got, k)
	}
}
