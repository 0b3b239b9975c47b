package clients

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// once gives commands that show when they are done twice or by half, through a client
// that sends each once: a redirect and TRYAGAIN say that nothing happened, and one whose
// answer does not come is of unknown fate and may take effect even later.
type once struct {
	c       *redis.ClusterClient
	done    atomic.Int64 // rounds in which all was acknowledged
	unknown atomic.Int64
	mu      sync.Mutex
	wrong   []string
	stop    context.CancelFunc
	tasks   sync.WaitGroup
	all     []*onceKeys
}

// onceKeys are one writer's.
type onceKeys struct {
	o                *once
	n                int
	unknown          atomic.Int64
	counted, perhaps int64 // INCR: acknowledged, of unknown fate
	last             int64
	tokens           []string // APPEND: acknowledged
	tried            map[string]bool
	at, away         string // RENAME: where the value is, unless that is not known
	lost             bool
}

func startOnce(t *testing.T, addrs ...string) *once {
	t.Helper()
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, MaxRedirects: -1, MaxRetries: -1, ClusterStateReloadInterval: time.Second})
	ctx, cancel := context.WithCancel(context.Background())
	o := &once{c: c, stop: cancel}
	for n := range writers {
		tag := fmt.Sprintf("{once:%d}", n)
		k := &onceKeys{o: o, n: n, tried: make(map[string]bool), at: tag + "a", away: tag + "b"}
		o.all = append(o.all, k)
		require.NoError(t, afterTheMove(ctx, func() error { return c.Set(ctx, k.at, "value", 0).Err() }))
	}
	t.Cleanup(func() { cancel(); o.tasks.Wait(); require.NoError(t, c.Close()) })
	for _, k := range o.all {
		o.tasks.Go(func() {
			pause := time.NewTicker(time.Millisecond)
			defer pause.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				before := k.unknown.Load()
				if k.round(i); k.unknown.Load() == before {
					o.done.Add(1)
				}
				select {
				case <-pause.C:
				case <-ctx.Done():
				}
			}
		})
	}
	return o
}

// call makes a call until it is done; false: nobody knows whether it is. An error is
// the answer of a node that did not do it, for the caller to judge if it is a plain one:
// no node may refuse for want of memory, of an owner or the like.
func (o *once) call(f func(ctx context.Context) error) (known bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err = afterTheMove(ctx, func() error { return f(ctx) })
	switch {
	case err == nil, errors.Is(err, redis.Nil), strings.HasPrefix(err.Error(), "ERR "): // HasErrorPrefix cuts that off
		return true, err
	case unknownFate(err):
		o.unknown.Add(1)
		return false, err
	default:
		o.complain("refused: %v", err)
		return false, err
	}
}

// call is that of all, and counts for this writer.
func (k *onceKeys) call(f func(ctx context.Context) error) (known bool, err error) {
	if known, err = k.o.call(f); !known {
		k.unknown.Add(1)
	}
	return known, err
}

// afterTheMove repeats a call of a client that follows no redirect itself, until it is
// done: MOVED tells it where to go, TRYAGAIN to come again, and both that nothing was done.
func afterTheMove(ctx context.Context, call func() error) error {
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	for {
		err := call()
		if !sentOn(err) {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return err
		}
	}
}

func (o *once) complain(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wrong = append(o.wrong, fmt.Sprintf(format, args...))
}

func (k *onceKeys) round(i int) {
	k.count()
	k.append(i)
	k.win(i)
	k.rename()
	k.both(i)
}

// count: as many as were acknowledged, and of those of unknown fate some.
func (k *onceKeys) count() {
	var n int64
	known, err := k.call(func(ctx context.Context) (err error) { n, err = k.o.c.Incr(ctx, k.counter()).Result(); return err })
	switch {
	case !known:
		k.perhaps++
	case err != nil || n <= k.last || n <= k.counted || n > k.counted+k.perhaps+1:
		k.o.complain("INCR %s: %d, %v; before that %d were acknowledged, the last as %d, and %d are not known", k.counter(), n, err, k.counted, k.last, k.perhaps)
	default:
		k.counted, k.last = k.counted+1, n
	}
}

func (k *onceKeys) counter() string { return fmt.Sprintf("once:count:%d", k.n) }
func (k *onceKeys) log() string     { return fmt.Sprintf("once:log:%d", k.n) }

// append: each token once at most.
func (k *onceKeys) append(i int) {
	token := strconv.Itoa(i)
	k.tried[token] = true
	known, err := k.call(func(ctx context.Context) error { return k.o.c.Append(ctx, k.log(), token+";").Err() })
	switch {
	case known && err != nil:
		k.o.complain("APPEND: %v", err)
	case known:
		k.tokens = append(k.tokens, token)
	}
}

// win: of two who set a key that is not there one does.
func (k *onceKeys) win(i int) {
	key := fmt.Sprintf("once:lock:%d:%d", k.n, i)
	var won [2]bool
	var known [2]bool
	var both sync.WaitGroup
	for who := range 2 {
		both.Go(func() {
			known[who], _ = k.call(func(ctx context.Context) (err error) {
				won[who], err = k.o.c.SetNX(ctx, key, who, 0).Result()
				return err
			})
		})
	}
	both.Wait()
	if won[0] && won[1] || known[0] && known[1] && !won[0] && !won[1] {
		k.o.complain("SET NX of %s by two: %v, known %v", key, won, known)
	}
}

// rename: the value is at one place, whatever happens.
func (k *onceKeys) rename() {
	known, err := k.call(func(ctx context.Context) error { return k.o.c.Rename(ctx, k.at, k.away).Err() })
	switch {
	case !known:
		k.lost = true
	case err != nil && !k.lost:
		k.o.complain("RENAME %s: %v", k.at, err)
	}
	if err == nil || k.lost {
		k.at, k.away = k.away, k.at
	}
	if some := k.some(k.at, k.away); some != nil && len(some) != 1 {
		k.o.complain("%s and %s have %v", k.at, k.away, some)
	}
}

// some reads keys at one moment, and returns the values of those that are there; nil
// when they could not be read.
func (k *onceKeys) some(keys ...string) []any {
	var values []any
	if known, _ := k.call(func(ctx context.Context) (err error) { values, err = k.o.c.MGet(ctx, keys...).Result(); return err }); !known {
		return nil
	}
	return slices.DeleteFunc(values, func(v any) bool { return v == nil })
}

// both: two keys are there, or none.
func (k *onceKeys) both(i int) {
	x, y := fmt.Sprintf("{once:%d:%d}x", k.n, i), fmt.Sprintf("{once:%d:%d}y", k.n, i)
	known, err := k.call(func(ctx context.Context) error { return k.o.c.MSetNX(ctx, x, "1", y, "2").Err() })
	some := k.some(x, y)
	if known && err != nil || some != nil && len(some) != 2 && (known || len(some) != 0) {
		k.o.complain("MSETNX %s: known %v, %v, then %v", x, known, err, some)
	}
}

// passes waits until n more rounds are done.
func (o *once) passes(t *testing.T, n int64) {
	t.Helper()
	from := o.done.Load()
	require.Eventually(t, func() bool { return o.done.Load() >= from+n }, 2*time.Minute, 5*time.Millisecond)
}

// finish ends the load and looks at what has become of it.
func (o *once) finish(t *testing.T) {
	t.Helper()
	o.stop()
	o.tasks.Wait()
	for _, k := range o.all {
		var n int64
		var log string
		read := func(ctx context.Context) (err error) {
			if n, err = o.c.Get(ctx, k.counter()).Int64(); err == nil {
				log, err = o.c.Get(ctx, k.log()).Result()
			}
			return err
		}
		require.Eventually(t, func() bool { known, err := o.call(read); return known && err == nil }, time.Minute, 20*time.Millisecond)
		require.GreaterOrEqual(t, n, k.counted, k.counter())
		require.LessOrEqual(t, n, k.counted+k.perhaps, k.counter())
		tokens := strings.Split(strings.TrimSuffix(log, ";"), ";")
		seen := make(map[string]bool)
		for _, token := range tokens {
			require.True(t, k.tried[token], "%s has %q", k.log(), token)
			require.False(t, seen[token], "%s has %q twice", k.log(), token)
			seen[token] = true
		}
		for _, token := range k.tokens {
			require.True(t, seen[token], "%s lacks %q, which was acknowledged", k.log(), token)
		}
	}
	require.Empty(t, o.wrong)
	t.Logf("%d rounds, %d commands of unknown fate", o.done.Load(), o.unknown.Load())
}

// TestNothingIsDoneTwiceWhileNodesComeAndGo: what a key becomes by what it was, by a
// client that repeats nothing but what certainly had no effect.
func TestNothingIsDoneTwiceWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	o := startOnce(t, c.Node("w1").RESP, c.Node("w3").RESP)
	const some = 300
	o.passes(t, some)
	c.AddWorker()
	c.WaitSettled()
	o.passes(t, some)
	require.Zero(t, o.unknown.Load(), "a worker has joined, and none was lost")
	c.Kill("w2")
	o.passes(t, some)
	c.WaitSettled()
	o.passes(t, some)
	o.finish(t)
}
