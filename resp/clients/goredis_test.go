package clients

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// goRedis is go-redis' cluster client. What it returns, its user sees: nothing is repeated here.
type goRedis struct{ c *redis.ClusterClient }

func (g goRedis) set(ctx context.Context, key, value string) error {
	return g.c.Set(ctx, key, value, 0).Err()
}

func (g goRedis) get(ctx context.Context, key string) (string, bool, error) {
	value, err := g.c.Get(ctx, key).Result()
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	return value, err == nil, err
}

func newGoRedis(t *testing.T, addrs ...string) goRedis {
	t.Helper()
	// As docs/REDIS.md shows it.
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ClusterStateReloadInterval: time.Second})
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return goRedis{c}
}

func TestGoRedisWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	g := newGoRedis(t, c.Node("w1").RESP, c.Node("w2").RESP)
	startLoad(t, g).whileNodesComeAndGo(t, c, "w2", 2000)
}

// TestGoRedisFindsTheClusterThroughTheMaster, which serves no key itself.
func TestGoRedisFindsTheClusterThroughTheMaster(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	g := newGoRedis(t, c.Node("master").RESP)
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		require.NoError(t, g.set(t.Context(), key, key))
		value, found, err := g.get(t.Context(), key)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, key, value)
	}
}

// TestGoRedisCommands: what its users call.
func TestGoRedisCommands(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	g := newGoRedis(t, c.Node("w1").RESP).c
	ctx := t.Context()
	n, err := g.Incr(ctx, "n").Result()
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	ok, err := g.SetNX(ctx, "n", "x", time.Minute).Result()
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, g.Expire(ctx, "n", time.Minute).Err())
	ttl, err := g.TTL(ctx, "n").Result()
	require.NoError(t, err)
	require.InDelta(t, time.Minute.Seconds(), ttl.Seconds(), 2)
	require.NoError(t, g.MSet(ctx, "{t}a", 1, "{t}b", 2).Err())
	all, err := g.MGet(ctx, "{t}a", "{t}b", "{t}c").Result()
	require.NoError(t, err)
	require.Equal(t, []any{"1", "2", nil}, all)
	pipe := g.Pipeline()
	for _, key := range []string{"p1", "p2", "p3", "p4"} {
		pipe.Set(ctx, key, key, 0)
	}
	_, err = pipe.Exec(ctx)
	require.NoError(t, err)
	var mu sync.Mutex // ForEachMaster runs side by side
	found := map[string]bool{}
	require.NoError(t, g.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		keys, err := node.Keys(ctx, "p*").Result()
		for err != nil && strings.HasPrefix(err.Error(), "TRYAGAIN") && ctx.Err() == nil { // leases are young
			keys, err = node.Keys(ctx, "p*").Result()
		}
		mu.Lock()
		defer mu.Unlock()
		for _, key := range keys {
			found[key] = true
		}
		return err
	}))
	require.Equal(t, map[string]bool{"p1": true, "p2": true, "p3": true, "p4": true}, found)
	deleted, err := g.Del(ctx, "{t}a", "{t}b").Result()
	require.NoError(t, err)
	require.EqualValues(t, 2, deleted)
	info, err := g.ClusterInfo(ctx).Result()
	require.NoError(t, err)
	require.Contains(t, info, "cluster_state:ok")
	require.Error(t, g.LPush(ctx, "l", 1).Err())
}
