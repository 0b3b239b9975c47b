package peers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Load is a closed loop: each caller makes its next call when the last one is
// answered.
type Load struct {
	Callers int
	Time    time.Duration
	Keys    []string // of which each call picks one at random
	Value   []byte   // what a put stores, and as long as what a get must find
	Put     bool
}

// Run makes calls for as long as l says, and returns how many were answered and
// how long that took. The first failure, or the end of ctx, ends it.
func (l Load) Run(ctx context.Context, c Conn) (calls int64, took time.Duration, err error) {
	var stop atomic.Bool
	timer := time.AfterFunc(l.Time, func() { stop.Store(true) })
	defer timer.Stop()
	defer context.AfterFunc(ctx, func() { stop.Store(true) })()
	counts, errs := make([]int64, l.Callers), make([]error, l.Callers)
	var callers sync.WaitGroup
	begin := time.Now()
	for i := range l.Callers {
		callers.Go(func() {
			if counts[i], errs[i] = l.caller(ctx, c, uint64(i), &stop); errs[i] != nil {
				stop.Store(true)
			}
		})
	}
	callers.Wait()
	took = time.Since(begin)
	for _, n := range counts {
		calls += n
	}
	return calls, took, errors.Join(ctx.Err(), firstOf(errs))
}

// caller makes calls until stop.
func (l Load) caller(ctx context.Context, c Conn, seed uint64, stop *atomic.Bool) (calls int64, err error) {
	pick := rand.New(rand.NewPCG(seed, 0))
	for !stop.Load() {
		key := l.Keys[pick.IntN(len(l.Keys))]
		if l.Put {
			if err := c.Put(ctx, key, l.Value); err != nil {
				return calls, fmt.Errorf("put: %w", err)
			}
		} else {
			value, err := c.Get(ctx, key)
			if err != nil {
				return calls, fmt.Errorf("get: %w", err)
			}
			if len(value) < len(l.Value) {
				return calls, fmt.Errorf("get: %d bytes, not %d", len(value), len(l.Value))
			}
		}
		calls++
	}
	return calls, nil
}

// firstOf returns the first error of several that have one cause.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
