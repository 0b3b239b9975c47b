package clients

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// contender is one of those who change the same keys at once, by what they are.
type contender struct {
	c       redis.Cmdable
	name    string
	sums    []int64         // what INCR told it
	tokens  []string        // appended
	won     []string        // keys that it was the first to set
	taken   map[string]bool // values that GETSET gave to it
	perhaps map[string]int  // commands of unknown fate
	refused error           // an answer that must not come
}

// give gives a command until it is done, or nobody knows whether it is; only what
// certainly had no effect is given again.
func (p *contender) give(name string, f func(ctx context.Context) error) (done bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := afterTheMove(ctx, func() error { return f(ctx) })
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		return true
	case redis.HasErrorPrefix(err, "UNKNOWNFATE"):
		p.perhaps[name]++
	case p.refused == nil:
		p.refused = fmt.Errorf("%s of %s: %w", name, p.name, err)
	}
	return false
}

const contendedRounds = 60

func (p *contender) run() {
	for i := 0; i < contendedRounds && p.refused == nil; i++ {
		var sum int64
		if p.give("INCR", func(ctx context.Context) (err error) { sum, err = p.c.Incr(ctx, "sum").Result(); return err }) {
			p.sums = append(p.sums, sum)
		}
		token := fmt.Sprint(p.name, i)
		if p.give("APPEND", func(ctx context.Context) error { return p.c.Append(ctx, "log", token+";").Err() }) {
			p.tokens = append(p.tokens, token)
		}
		lock, won := fmt.Sprint("lock", i), false
		if p.give("SETNX", func(ctx context.Context) (err error) {
			won, err = p.c.SetNX(ctx, lock, p.name, 0).Result()
			return err
		}) && won {
			p.won = append(p.won, lock)
		}
		var was string
		if p.give("GETSET", func(ctx context.Context) (err error) {
			was, err = p.c.GetSet(ctx, "baton", token).Result()
			return err
		}) && was != "" {
			p.taken[was] = true
		}
		p.give("EXPIRE", func(ctx context.Context) error { // others must not undo it
			return p.c.Expire(ctx, "sum", time.Hour).Err()
		})
	}
}

// TestTheProxyAndWorkersChangeTheSameKeys at once for many clients: each change is made
// once, to what the one before it has left.
func TestTheProxyAndWorkersChangeTheSameKeys(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Replicas: 2, Redis: true, RedisProxy: true})
	var all []*contender
	join := func(name string, cl redis.Cmdable, end func() error) {
		t.Cleanup(func() { require.NoError(t, end()) })
		all = append(all, &contender{c: cl, name: name, taken: make(map[string]bool), perhaps: make(map[string]int)})
	}
	for i := range 3 {
		proxied := redis.NewClient(&redis.Options{Addr: c.Node(testcluster.MasterName).RESP, MaxRetries: -1, ReadTimeout: time.Minute})
		join(fmt.Sprint("proxied", i, "-"), proxied, proxied.Close)
		direct := redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: []string{c.Node("w1").RESP}, MaxRedirects: -1, MaxRetries: -1, ReadTimeout: time.Minute, ClusterStateReloadInterval: time.Second,
		})
		join(fmt.Sprint("direct", i, "-"), direct, direct.Close)
	}
	var running sync.WaitGroup
	for _, p := range all {
		running.Go(p.run)
	}
	running.Wait()

	seen := make(map[int64]string)
	locks, known := make(map[string]string), make(map[string]string)
	taken, perhaps := make(map[string]string), make(map[string]int)
	for _, p := range all {
		require.NoError(t, p.refused)
		for _, sum := range p.sums {
			require.Empty(t, seen[sum], "INCR told %d to %s, too", sum, p.name)
			seen[sum] = p.name
		}
		require.IsIncreasing(t, p.sums)
		for _, lock := range p.won {
			require.Empty(t, locks[lock], "%s was won by %s, too", lock, p.name)
			locks[lock] = p.name
		}
		for _, token := range p.tokens {
			known[token] = p.name
		}
		for was := range p.taken {
			require.Empty(t, taken[was], "GETSET gave %s to %s, too", was, p.name)
			taken[was] = p.name
		}
		for command, n := range p.perhaps {
			perhaps[command] += n
		}
	}
	t.Logf("of unknown fate: %v", perhaps)
	commands := len(all) * contendedRounds
	get := func(key string) (value string) {
		all[0].give("GET", func(ctx context.Context) (err error) { value, err = all[0].c.Get(ctx, key).Result(); return err })
		require.NoError(t, all[0].refused)
		return value
	}
	exact := func(command string, n int, what string) {
		t.Helper()
		require.LessOrEqual(t, n, commands, what)
		require.GreaterOrEqual(t, n, commands-perhaps[command], what)
	}
	var sum int
	_, err := fmt.Sscan(get("sum"), &sum)
	require.NoError(t, err)
	exact("INCR", sum, "the sum")
	exact("INCR", len(seen), "different answers")
	tokens := strings.Split(strings.TrimSuffix(get("log"), ";"), ";")
	exact("APPEND", len(tokens), "tokens")
	slices.Sort(tokens)
	require.Len(t, slices.Compact(tokens), len(tokens), "each token once")
	for token, name := range known {
		require.Contains(t, tokens, token, "%s appended it", name)
	}
	require.GreaterOrEqual(t, len(locks), contendedRounds-perhaps["SETNX"])
	for lock, name := range locks {
		require.Equal(t, name, get(lock))
	}
	require.GreaterOrEqual(t, len(taken), commands-1-perhaps["GETSET"], "all but the last went on")
	if last := get("baton"); perhaps["GETSET"] == 0 {
		require.Empty(t, taken[last])
	}
	var left time.Duration
	all[0].give("TTL", func(ctx context.Context) (err error) { left, err = all[0].c.TTL(ctx, "sum").Result(); return err })
	require.NoError(t, all[0].refused)
	require.Greater(t, left, 50*time.Minute)
}
