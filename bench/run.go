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

// Bench makes the requests of a workload. New makes it; call Load if the keys
// are to be written first, WarmUp, and Run, one after the other. Progress may be
// called meanwhile.
type Bench struct {
	w      Workload
	stores []Store
	value  []byte
	choose *chooser
	warmed int64 // requests that the warm-up made: Run goes on behind them
	watch  func(latency time.Duration, err error)
	phase  atomic.Pointer[phase]
}

// New prepares a workload. Caller number i will use stores[i % len(stores)].
func New(stores []Store, w Workload) (*Bench, error) {
	w = w.withDefaults()
	if err := w.Validate(); err != nil {
		return nil, fmt.Errorf("workload: %w", err)
	}
	if len(stores) == 0 {
		return nil, errors.New("workload: no store to run against")
	}
	return &Bench{w: w, stores: stores, value: w.Value(), choose: newChooser(w)}, nil
}

// Watch has watch called for each request of Run as soon as it has ended, by many
// goroutines at a time. To be called before Run.
func (b *Bench) Watch(watch func(latency time.Duration, err error)) { b.watch = watch }

// Run makes the requests of w, after its warm-up, as a Bench does.
func Run(ctx context.Context, stores []Store, w Workload) (Result, error) {
	b, err := New(stores, w)
	if err != nil {
		return Result{}, err
	}
	if err := b.WarmUp(ctx); err != nil {
		return Result{}, err
	}
	return b.Run(ctx)
}

// WarmUp makes requests that count for nothing, for Workload.WarmUp.
func (b *Bench) WarmUp(ctx context.Context) error {
	if b.w.WarmUp == 0 {
		return nil
	}
	p := &phase{name: "warm-up", duration: b.w.WarmUp, rate: b.w.Rate, request: b.choose.request}
	b.run(ctx, p)
	b.warmed = p.next.Load()
	return ctx.Err()
}

// Run makes the workload's requests and returns when all of them are answered.
// When ctx ends it stops early and returns the result so far together with
// ctx's error.
func (b *Bench) Run(ctx context.Context) (Result, error) {
	p := &phase{name: "run", total: b.w.Requests, duration: b.w.Duration, rate: b.w.Rate, watch: b.watch,
		request: func(n int64) request { return b.choose.request(b.warmed + n) }}
	elapsed := b.run(ctx, p)
	return p.rec.result(b.w, elapsed), ctx.Err()
}

// Keys returns how many of the workload's keys there may be: inserts add some.
func (b *Bench) Keys() int { return b.choose.inserts.keys() }

// phase is a part of a run: its callers, and what they saw.
type phase struct {
	name     string
	total    int64         // of requests, 0 for any number
	duration time.Duration // 0 until total is reached
	rate     float64
	request  func(n int64) request
	watch    func(latency time.Duration, err error) // nil: nobody does

	ctx   context.Context
	start time.Time
	next  atomic.Int64 // the number of the next request
	rec   recorder
}

// run makes the requests of p and returns how long it took.
func (b *Bench) run(ctx context.Context, p *phase) time.Duration {
	p.ctx, p.start = ctx, time.Now()
	b.phase.Store(p)
	var callers sync.WaitGroup
	for i := range b.w.Clients {
		callers.Go(func() { b.caller(p, b.stores[i%len(b.stores)], p.rec.stripe(i)) })
	}
	callers.Wait()
	return time.Since(p.start)
}

// caller makes one request after the other.
func (b *Bench) caller(p *phase, store Store, rec *stripe) {
	for {
		n := p.next.Add(1) - 1
		if p.total > 0 && n >= p.total {
			return
		}
		due, ok := p.due(n)
		if !ok {
			return
		}
		r := p.request(n)
		err := b.perform(p.ctx, store, r)
		if r.new {
			b.choose.inserts.end(r.key)
		}
		if p.ctx.Err() != nil {
			return // the request was interrupted, not answered
		}
		took := time.Since(due)
		rec.record(r.op, took, err)
		if p.watch != nil {
			p.watch(took, err)
		}
	}
}

// perform makes one request.
func (b *Bench) perform(ctx context.Context, store Store, r request) error {
	key := b.w.Key(r.key)
	var missing error
	if r.op != opWrite {
		_, err := store.Get(ctx, key)
		if r.op == opRead || err != nil && !errors.Is(err, client.ErrNotFound) {
			return err
		}
		missing = err // to be counted, once the value is there
	}
	if _, err := store.Put(ctx, key, b.value[:r.size]); err != nil {
		return err
	}
	return missing
}

// due waits until request n is to start and returns the moment that its
// latency counts from; false when the phase is over by then.
func (p *phase) due(n int64) (time.Time, bool) {
	due := time.Now()
	if p.rate > 0 {
		due = p.start.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
	}
	if p.duration > 0 && due.Sub(p.start) >= p.duration {
		return due, false
	}
	if wait := time.Until(due); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-p.ctx.Done():
		}
	}
	return due, p.ctx.Err() == nil
}
