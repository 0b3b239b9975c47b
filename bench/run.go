package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pikv/client"
)

// Store is what a workload is run against: a *client.Client. It must be safe
// for concurrent use.
type Store interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte, opts ...client.PutOption) (uint64, error)
}

var _ Store = (*client.Client)(nil)

// Run makes the requests of w and returns when all of them are answered.
// Caller number i uses stores[i % len(stores)]. When ctx ends Run stops early
// and returns the result so far together with ctx's error.
func Run(ctx context.Context, stores []Store, w Workload) (Result, error) {
	w = w.withDefaults()
	if err := w.Validate(); err != nil {
		return Result{}, fmt.Errorf("workload: %w", err)
	}
	if len(stores) == 0 {
		return Result{}, errors.New("workload: no store to run against")
	}
	r := &run{ctx: ctx, w: w, value: w.Value(), start: time.Now()}
	var callers sync.WaitGroup
	for i := range w.Clients {
		callers.Go(func() { r.caller(stores[i%len(stores)], r.rec.stripe(i)) })
	}
	callers.Wait()
	return r.rec.result(w, time.Since(r.start)), ctx.Err()
}

// run is one run under way.
type run struct {
	ctx   context.Context
	w     Workload
	value []byte
	start time.Time
	next  atomic.Int64 // the number of the next request
	rec   recorder
}

// caller makes one request after the other.
func (r *run) caller(store Store, rec *stripe) {
	for {
		n := r.next.Add(1) - 1
		if r.w.Requests > 0 && n >= r.w.Requests {
			return
		}
		due, ok := r.due(n)
		if !ok {
			return
		}
		key, read := r.w.choose(n)
		var err error
		if read {
			_, err = store.Get(r.ctx, r.w.Key(key))
		} else {
			_, err = store.Put(r.ctx, r.w.Key(key), r.value)
		}
		if r.ctx.Err() != nil {
			return // the request was interrupted, not answered
		}
		rec.record(read, time.Since(due), err)
	}
}

// due waits until request n is to start and returns the moment that its
// latency counts from; false when the run is over by then.
func (r *run) due(n int64) (time.Time, bool) {
	due := time.Now()
	if r.w.Rate > 0 {
		due = r.start.Add(time.Duration(float64(n) / r.w.Rate * float64(time.Second)))
	}
	if r.w.Duration > 0 && due.Sub(r.start) >= r.w.Duration {
		return due, false
	}
	if wait := time.Until(due); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.ctx.Done():
		}
	}
	return due, r.ctx.Err() == nil
}
