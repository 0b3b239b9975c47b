package clients

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// sharer is one of several writers of the same keys, through a client that sends each
// command once: one whose answer does not come is of unknown fate, and no node may refuse one
// but to send it on, or to tell it to come again.
type sharer struct {
	c      *redis.ClusterClient
	name   string
	rounds atomic.Int64 // in which all was acknowledged

	perhaps atomic.Int64          // commands of unknown fate
	refused atomic.Pointer[error] // an answer that must not come

	given   int               // commands of each kind
	sums    []int64           // what INCR told it
	before  map[string]string // of each token that it set: what was there
	order   []string          // tokens appended
	unknown map[string]int    // of each kind
}

const (
	sharedSum, sharedBaton, sharedLog = "shared:sum", "shared:baton", "shared:log"
	nothing                           = "nothing"
)

func (s *sharer) give(kind string, f func(ctx context.Context) error) (done bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := afterTheMove(ctx, func() error { return f(ctx) })
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		return true
	case unknownFate(err):
		s.unknown[kind]++
		s.perhaps.Add(1)
	default:
		err = fmt.Errorf("%s of %s: %w", kind, s.name, err)
		s.refused.CompareAndSwap(nil, &err)
	}
	return false
}

func (s *sharer) run(ctx context.Context) {
	pause := time.NewTicker(2 * time.Millisecond) // or it leaves the nodes no processor
	defer pause.Stop()
	for ctx.Err() == nil && s.refused.Load() == nil {
		before := s.perhaps.Load()
		token := fmt.Sprint(s.name, "-", s.given)
		s.given++
		var sum int64
		if s.give("INCR", func(ctx context.Context) (err error) { sum, err = s.c.Incr(ctx, sharedSum).Result(); return err }) {
			s.sums = append(s.sums, sum)
		}
		was := nothing
		if s.give("SET", func(ctx context.Context) error {
			got, err := s.c.SetArgs(ctx, sharedBaton, token, redis.SetArgs{Get: true}).Result()
			if err == nil {
				was = got
			}
			return err
		}) {
			s.before[token] = was
		}
		if s.give("APPEND", func(ctx context.Context) error { return s.c.Append(ctx, sharedLog, token+";").Err() }) {
			s.order = append(s.order, token)
		}
		if s.perhaps.Load() == before {
			s.rounds.Add(1)
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
}

// turn is which of its writer's tokens one is.
func turn(t *testing.T, token string) (name string, n int) {
	t.Helper()
	name, number, _ := strings.Cut(token, "-")
	n, err := strconv.Atoi(number)
	require.NoError(t, err, token)
	return name, n
}

// TestWritersOfTheSameKeysWhileNodesComeAndGo: each change is made once, to what the one
// before it has left, in an order in which each writer's follow each other.
func TestWritersOfTheSameKeysWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	var all []*sharer
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for i := range 4 {
		cl := redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: []string{c.Node("w1").RESP}, MaxRedirects: -1, MaxRetries: -1, ClusterStateReloadInterval: time.Second,
		})
		t.Cleanup(func() { require.NoError(t, cl.Close()) })
		all = append(all, &sharer{c: cl, name: fmt.Sprint("s", i), before: make(map[string]string), unknown: make(map[string]int)})
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	for _, s := range all {
		running.Go(func() { s.run(ctx) })
	}
	goOn := func() {
		t.Helper()
		for _, s := range all {
			from := s.rounds.Load()
			c.Eventually("rounds of "+s.name, func(context.Context) error {
				if err := s.refused.Load(); err != nil {
					t.Fatal(*err)
				}
				if n := s.rounds.Load() - from; n < 50 {
					return fmt.Errorf("only %d", n)
				}
				return nil
			})
		}
	}
	goOn()
	c.AddWorker()
	c.WaitSettled()
	goOn()
	for _, s := range all {
		require.Zero(t, s.perhaps.Load(), "a worker has joined, and none was lost")
	}
	owner := "w2" // if not w3 has it: w1 is whom they know
	if len(keysOn(t, c, "w3", []string{sharedSum})) > 0 {
		owner = "w3"
	}
	c.Kill(owner)
	goOn()
	c.WaitSettled()
	goOn()
	cancel()
	running.Wait()

	given, unknown := 0, make(map[string]int)
	seen := make(map[int64]string)
	before, after := make(map[string]string), make(map[string]string)
	known := make(map[string]bool) // tokens that are in the log
	for _, s := range all {
		require.Nil(t, s.refused.Load())
		given += s.given
		require.IsIncreasing(t, s.sums)
		for _, sum := range s.sums {
			require.Empty(t, seen[sum], "INCR told %d to %s, too", sum, s.name)
			seen[sum] = s.name
		}
		for token, was := range s.before {
			require.Empty(t, after[was], "SET took %s for %s, too", was, token)
			before[token], after[was] = was, token
		}
		for _, token := range s.order {
			known[token] = true
		}
		for kind, n := range s.unknown {
			unknown[kind] += n
		}
	}
	t.Logf("%d rounds, of unknown fate: %v; %s was killed", given, unknown, owner)
	read := func(key string) (value string) {
		c.Eventually("GET "+key, func(ctx context.Context) (err error) { value, err = all[0].c.Get(ctx, key).Result(); return err })
		return value
	}
	sum, err := strconv.Atoi(read(sharedSum))
	require.NoError(t, err)
	require.GreaterOrEqual(t, sum, given-unknown["INCR"])
	require.LessOrEqual(t, sum, given)

	// Each writer's tokens come in its order, in the log and from SET to SET.
	last, times := make(map[string]int), make(map[string]int)
	for token := range strings.SplitSeq(strings.TrimSuffix(read(sharedLog), ";"), ";") {
		times[token]++
		require.Equal(t, 1, times[token], "%s is there again", token)
		if !known[token] {
			continue // it may have come later than its writer gave it up
		}
		name, n := turn(t, token)
		require.Greater(t, n+1, last[name], "%s comes late in the log", token)
		last[name] = n + 1
	}
	for token := range known {
		require.Equal(t, 1, times[token], "%s is not in the log", token)
	}
	require.LessOrEqual(t, len(times), given)
	require.GreaterOrEqual(t, len(after), given-unknown["SET"])
	for first := range after {
		if before[first] != "" {
			continue // not the first of a chain
		}
		clear(last)
		for token, more := after[first]; more; token, more = after[token] {
			name, n := turn(t, token)
			require.Greater(t, n+1, last[name], "%s is set late", token)
			last[name] = n + 1
		}
	}
	final := read(sharedBaton)
	require.Empty(t, after[final], "what is left nobody has taken")
}
