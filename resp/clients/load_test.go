package clients

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// keyspace is a client under test.
type keyspace interface {
	set(ctx context.Context, key, value string) error
	get(ctx context.Context, key string) (value string, found bool, err error)
}

// load writes and reads through a client and checks each answer. Each key has one
// writer, which sets it to numbers that grow.
type load struct {
	keys  keyspace
	slots []slotState // of the keys, each touched by its writer alone

	acked, failed, gaveUp atomic.Int64 // gaveUp: see sentOn
	mu                    sync.Mutex
	wrong                 []string
	lastErr               error

	stop  context.CancelFunc
	tasks sync.WaitGroup
}

// slotState is what a writer knows of a key. Nobody else reads it: what was read once, or
// acknowledged, all later reads must show, or something newer.
type slotState struct{ acked, tried, read int }

const (
	writers       = 4
	keysPerWriter = 50
)

// startLoad begins; finish ends it.
func startLoad(t *testing.T, keys keyspace) *load {
	t.Helper()
	l := &load{keys: keys, slots: make([]slotState, writers*keysPerWriter)}
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	t.Cleanup(func() { cancel(); l.tasks.Wait() })
	for w := range writers {
		l.tasks.Go(func() {
			pause := time.NewTicker(time.Millisecond) // or it leaves the nodes no processor
			defer pause.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				l.step(w*keysPerWriter + i*7%keysPerWriter)
				select {
				case <-pause.C:
				case <-ctx.Done():
				}
			}
		})
	}
	return l
}

func name(i int) string { return "load:" + strconv.Itoa(i) }

// step writes a key and reads it.
func (l *load) step(i int) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	s := &l.slots[i]
	s.tried++
	if err := l.keys.set(ctx, name(i), strconv.Itoa(s.tried)); err != nil {
		l.fail(fmt.Errorf("SET: %w", err))
	} else {
		s.acked = s.tried
		l.acked.Add(1)
	}
	if err := l.look(ctx, i); err != nil {
		l.fail(fmt.Errorf("GET: %w", err))
	}
}

// look reads a key and compares. A write whose fate is unknown may take effect at any time,
// but once it was seen it stays.
func (l *load) look(ctx context.Context, i int) error {
	s := &l.slots[i]
	value, found, err := l.keys.get(ctx, name(i))
	if err != nil {
		return err
	}
	n, bad := 0, error(nil)
	if found {
		n, bad = strconv.Atoi(value)
	}
	if bad != nil || n < max(s.acked, s.read) || n > s.tried {
		l.mu.Lock()
		l.wrong = append(l.wrong, fmt.Sprintf("%s is %q, found %v; acknowledged %d, read before %d, tried %d", name(i), value, found, s.acked, s.read, s.tried))
		l.mu.Unlock()
	}
	s.read = max(s.read, n)
	return nil
}

// sentOn reports whether a node sent a call on, or told it to come again, as often as the
// client puts up with. Nothing was done. docs/REDIS.md says when that happens: no
// schedule rules it out, so it is counted and told.
func sentOn(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "MOVED ") || strings.HasPrefix(err.Error(), "TRYAGAIN ") {
			return true
		}
	}
	return false
}

// unknownFate reports whether nobody knows what became of a call: its connection broke, or
// the answer did not come, or says so. All other errors are answers, and nothing was done.
func unknownFate(err error) bool {
	_, broken := errors.AsType[net.Error](err) // or late
	return broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || redis.HasErrorPrefix(err, "UNKNOWNFATE")
}

func (l *load) fail(err error) {
	if sentOn(err) {
		l.gaveUp.Add(1)
		return
	}
	l.failed.Add(1)
	l.mu.Lock()
	l.lastErr = err
	l.mu.Unlock()
}

// passes waits until n more writes are acknowledged.
func (l *load) passes(t *testing.T, n int64) {
	t.Helper()
	from := l.acked.Load()
	for end := time.Now().Add(time.Minute); l.acked.Load() < from+n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("%d of %d writes in a minute; the last error: %v", l.acked.Load()-from, n, l.lastErr)
		}
	}
}

// finish ends the load, and checks every key once more.
func (l *load) finish(t *testing.T) {
	t.Helper()
	l.stop()
	l.tasks.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for i := range l.slots {
		for {
			err := l.look(ctx, i)
			if err == nil {
				break
			}
			require.NoError(t, ctx.Err(), "%s cannot be read: %v", name(i), err)
		}
	}
	require.Empty(t, l.wrong)
	t.Logf("%d writes acknowledged, %d calls sent to and fro, %d failed, the last with: %v", l.acked.Load(), l.gaveUp.Load(), l.failed.Load(), l.lastErr)
}

// whileNodesComeAndGo has a worker join and another killed under the load. Nothing
// may fail while nothing dies.
func (l *load) whileNodesComeAndGo(t *testing.T, c *testcluster.Cluster, victim string, some int64) {
	t.Helper()
	l.passes(t, some)
	c.AddWorker()
	c.WaitSettled()
	l.passes(t, some)
	l.mu.Lock()
	err := l.lastErr
	l.mu.Unlock()
	require.NoError(t, err, "a call failed while a worker joined")
	t.Logf("%d calls sent to and fro while a worker joined", l.gaveUp.Load())
	c.Kill(victim)
	l.passes(t, some)
	c.WaitSettled()
	l.passes(t, some)
	l.finish(t)
}

// cluster starts three workers with two copies of everything.
func cluster(t *testing.T) *testcluster.Cluster {
	t.Helper()
	c := testcluster.Start(t, testcluster.Options{Workers: 3, Replicas: 2, Redis: true})
	c.WaitSynced() // while it begins KEYS and SCAN may have to be tried again
	return c
}
