// Package checked is a load that checks every answer: each key has one
// writer, which knows what the last acknowledged value was, so that a lost, a
// stale and an invented value are each seen at once, and afterwards key by
// key. It runs in an open loop: operations start when their time has come,
// and their latency counts from then, also when the one before was late.
package checked

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pikv/client"
)

// Options describe a load.
type Options struct {
	Keys int // keys, named k0, k1, ...
	// Names names them otherwise: one for each key. Nobody changes it.
	Names     []string
	ValueSize int     // bytes; at least 16
	Writers   int     // goroutines; each owns an equal share of the keys
	Rate      float64 // operations per second, all writers together; 0: as fast as they can, in a closed loop
	ReadShare float64 // 0..1
	Seed      uint64
}

// Load is one load against one cluster. Fill, Run and Verify must not run at
// the same time; Phase, SetRate and Problems are safe at any time.
type Load struct {
	client *client.Client
	o      Options
	// Of each key, indexed by its number; a key's writer alone touches them
	// while Run runs.
	acked []uint64 // the counter in the last acknowledged write
	tried []uint64 // the counter in the last write that was begun: above acked, its fate is unknown

	rate atomic.Uint64 // the bits of Options.Rate, or of what SetRate has made of it

	mu       sync.Mutex
	phase    *Phase // guarded by mu
	problems []string
	failed   int64
	wrong    int64
}

// Phase is a stretch of a load with figures of its own.
type Phase struct {
	Name    string
	Began   time.Time
	Ended   time.Time
	Latency *hdrhistogram.Histogram // microseconds
}

// PerSecond returns the throughput.
func (p *Phase) PerSecond() float64 {
	return float64(p.Latency.TotalCount()) / p.Ended.Sub(p.Began).Seconds()
}

// At returns the latency at a quantile, 0..100.
func (p *Phase) At(quantile float64) time.Duration {
	return time.Duration(p.Latency.ValueAtQuantile(quantile)) * time.Microsecond
}

// New builds a load; nothing runs before Fill.
func New(c *client.Client, o Options) *Load {
	l := &Load{client: c, o: o, acked: make([]uint64, o.Keys), tried: make([]uint64, o.Keys)}
	l.SetRate(o.Rate)
	return l
}

// SetRate changes Options.Rate. Each writer goes by it from its next operation on.
func (l *Load) SetRate(perSecond float64) { l.rate.Store(math.Float64bits(perSecond)) }

// interval returns how far apart the operations of one writer are; 0: one follows
// the other.
func (l *Load) interval() time.Duration {
	rate := math.Float64frombits(l.rate.Load())
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(l.o.Writers) / rate * float64(time.Second))
}

func (l *Load) key(i int) string {
	if l.o.Names != nil {
		return l.o.Names[i]
	}
	return "k" + strconv.Itoa(i)
}

// value is what the n-th write of key i stores.
func (l *Load) value(i int, n uint64) []byte {
	v := make([]byte, l.o.ValueSize)
	binary.BigEndian.PutUint64(v, n)
	binary.BigEndian.PutUint64(v[8:], uint64(i))
	for j := 16; j < len(v); j++ {
		v[j] = byte(n) + byte(i) + byte(j)
	}
	return v
}

// fillers bounds the batches under way in Fill, so that each is through before
// its timeout, however many there are.
const fillers = 16

// Fill stores every key once.
func (l *Load) Fill(ctx context.Context) error {
	const batch = 500
	slots := make(chan struct{}, fillers)
	return l.share(ctx, func(ctx context.Context, first, end int) error {
		for i := first; i < end; i += batch {
			var pairs []client.Pair
			for k := i; k < min(i+batch, end); k++ {
				pairs = append(pairs, client.Pair{Key: l.key(k), Value: l.value(k, 1)})
				l.acked[k], l.tried[k] = 1, 1
			}
			slots <- struct{}{}
			results, err := l.client.MPut(ctx, pairs)
			<-slots
			for _, r := range results {
				err = errors.Join(err, r.Err)
			}
			if err != nil {
				return fmt.Errorf("fill: %w", err)
			}
		}
		return nil
	})
}

// share runs f for every writer with the range of keys that it owns.
func (l *Load) share(ctx context.Context, f func(ctx context.Context, first, end int) error) error {
	errs := make([]error, l.o.Writers)
	var wg sync.WaitGroup
	for w := range l.o.Writers {
		wg.Go(func() { errs[w] = f(ctx, w*l.o.Keys/l.o.Writers, (w+1)*l.o.Keys/l.o.Writers) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Run puts on the load until ctx ends. Phase must have been called before.
func (l *Load) Run(ctx context.Context) {
	_ = l.share(ctx, func(ctx context.Context, first, end int) error {
		random := rand.New(rand.NewPCG(l.o.Seed, uint64(first)))
		// Writers start at different points of the interval.
		next := time.Now().Add(time.Duration(random.Float64() * float64(l.interval())))
		for ctx.Err() == nil {
			interval := l.interval()
			if interval > 0 {
				if wait := time.Until(next); wait > 0 {
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(wait):
					}
				}
			} else {
				next = time.Now()
			}
			l.operate(ctx, first+random.IntN(end-first), random.Float64() < l.o.ReadShare, next)
			next = next.Add(interval)
		}
		return nil
	})
}

// operate does and checks one operation. It uses a context of its own: one
// that is cut short by the end of the load would look like a failure.
func (l *Load) operate(ctx context.Context, i int, read bool, begin time.Time) {
	ctx = context.WithoutCancel(ctx)
	if read {
		l.check(ctx, i)
	} else {
		l.tried[i]++
		if _, err := l.client.Put(ctx, l.key(i), l.value(i, l.tried[i])); err == nil {
			l.acked[i] = l.tried[i]
		} else {
			l.problem(&l.failed, "put %s: %v", l.key(i), err)
		}
	}
	l.mu.Lock()
	if l.phase != nil {
		_ = l.phase.Latency.RecordValue(max(time.Since(begin).Microseconds(), 1)) // over a minute counts as a minute
	}
	l.mu.Unlock()
}

// check reads a key and compares it with what its writer knows.
func (l *Load) check(ctx context.Context, i int) {
	got, err := l.client.Get(ctx, l.key(i))
	switch {
	case errors.Is(err, client.ErrNotFound):
		l.problem(&l.wrong, "get %s: lost, write %d was acknowledged", l.key(i), l.acked[i])
	case err != nil:
		l.problem(&l.failed, "get %s: %v", l.key(i), err)
	case len(got) < 16:
		l.problem(&l.wrong, "get %s: %d bytes", l.key(i), len(got))
	default:
		n := binary.BigEndian.Uint64(got)
		if n < l.acked[i] || n > l.tried[i] || !bytes.Equal(got, l.value(i, n)) {
			l.problem(&l.wrong, "get %s: write %d, but %d was acknowledged and %d begun", l.key(i), n, l.acked[i], l.tried[i])
		} else {
			l.acked[i] = n // seen once, it must stay
		}
	}
}

// problem counts a failure and keeps the text of the first ones.
func (l *Load) problem(counter *int64, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*counter++
	if len(l.problems) < 10 {
		l.problems = append(l.problems, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

// Phase ends the phase before, if any, and begins another. It returns the
// one that ended, or nil.
func (l *Load) Phase(name string) *Phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	ended := l.phase
	if ended != nil {
		ended.Ended = time.Now()
	}
	l.phase = &Phase{Name: name, Began: time.Now(), Latency: hdrhistogram.New(1, time.Minute.Microseconds(), 3)}
	return ended
}

// Problems returns how many operations failed after the client's own
// retries, how many answers were wrong, and the first of them in words.
func (l *Load) Problems() (failed, wrong int64, texts []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed, l.wrong, append([]string(nil), l.problems...)
}

// Verify reads every key and checks it; call it when Run has returned.
func (l *Load) Verify(ctx context.Context) error {
	before, wrongBefore, _ := l.Problems()
	err := l.share(ctx, func(ctx context.Context, first, end int) error {
		for i := first; i < end && ctx.Err() == nil; i++ {
			l.check(ctx, i)
		}
		return ctx.Err()
	})
	failed, wrong, texts := l.Problems()
	if failed > before || wrong > wrongBefore {
		err = errors.Join(err, fmt.Errorf("verify: %d keys could not be read, %d are wrong: %v", failed-before, wrong-wrongBefore, texts))
	}
	return err
}
