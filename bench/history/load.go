package history

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Options describe a load. Zero values have the defaults that are named.
type Options struct {
	Callers   int     // goroutines, each with one operation at a time; 32
	Rate      float64 // operations per second of all callers while they are answered in time; 800
	Keys      int     // in use at a time; 48
	OpsPerKey int     // 80; then a new one takes its place
	Sums      int     // counters that are only added to; 16
	Prefix    string  // of all keys
	Seed      uint64
}

func (o Options) withDefaults() Options {
	return Options{
		Callers: cmp.Or(o.Callers, 32), Rate: cmp.Or(o.Rate, 800), Keys: cmp.Or(o.Keys, 48),
		OpsPerKey: cmp.Or(o.OpsPerKey, 80), Sums: cmp.Or(o.Sums, 16), Prefix: o.Prefix, Seed: o.Seed,
	}
}

// Load is one load against one cluster. Run, then Finish, then Check, each once;
// Take and Total at any time.
type Load struct {
	o      Options
	stores []Store
	began  time.Time
	book   *book
	sums   []*sum
	tally  tally
	wrong  []Violation // that Finish found
}

// New builds a load; caller number i uses stores[i % len(stores)].
func New(stores []Store, o Options) *Load {
	o = o.withDefaults()
	l := &Load{o: o, stores: stores, began: time.Now(), book: newBook(o)}
	for i := range o.Sums {
		l.sums = append(l.sums, &sum{key: fmt.Sprintf("%ssum%d", o.Prefix, i)})
	}
	return l
}

// now is the time of the histories, on the monotonic clock.
func (l *Load) now() time.Duration { return time.Since(l.began) }

// Run puts on the load until ctx ends, and returns when the last operation has.
func (l *Load) Run(ctx context.Context) {
	var callers sync.WaitGroup
	for i := range l.o.Callers {
		c := &caller{load: l, number: i, store: l.stores[i%len(l.stores)], random: rand.New(rand.NewPCG(l.o.Seed, uint64(i)))}
		callers.Go(func() { c.run(ctx) })
	}
	callers.Wait()
}

// run is one caller. Its operations do not end with ctx: they have the
// client's own timeout, and one cut short would be of unknown fate.
func (c *caller) run(ctx context.Context) {
	interval := time.Duration(float64(c.load.o.Callers) / c.load.o.Rate * float64(time.Second))
	calling := context.WithoutCancel(ctx)
	for {
		// Callers are out of step, whatever they wait for at times.
		wait := time.NewTimer(time.Duration((0.5 + c.random.Float64()) * float64(interval)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		switch at := c.random.IntN(100); {
		case at < 10 && len(c.load.sums) > 0:
			c.add(calling)
		case at < 14:
			c.batch(calling)
		default:
			c.single(calling)
		}
	}
}

// Take returns what was counted since the last Take.
func (l *Load) Take() Tally { return l.tally.take() }

// Total returns what was counted at all, and the first failures in words.
func (l *Load) Total() (Tally, []string) { return l.tally.total() }
