package runner

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pikv/bench"
	"pikv/bench/study"
	"pikv/bench/study/stage"
)

// slot is the time that a sample is about.
const slot = 100 * time.Millisecond

// watch watches the event of s from a cluster of its own, and adds what it saw to
// the folder. Simulated computers are not dilated: the nodes' own clocks are not, which
// decide how soon a death is noticed.
func (r *Runner) watch(ctx context.Context, s study.Step) (err error) {
	if err := r.stop(); err != nil {
		return err
	}
	workers := s.Workers
	if s.Event == study.Join || s.Event == study.Wake {
		workers-- // the last comes later
	}
	if err := r.start(ctx, stage.Wanted{Store: s.Store, Workers: workers, Replicas: s.Replicas, Undilated: true}); err != nil {
		return err
	}
	cluster, changes := r.cluster.(stage.Changing)
	if !changes {
		return stage.ErrNotHere
	}
	if err := cluster.Prepare(ctx, s.Event); err != nil {
		return err
	}
	clients, err := cluster.Connect(ctx, s.Clients, s.Mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clients.Close(), r.stop()) }()
	b, err := bench.New(clients.Stores, workload(s, 0, 1))
	if err != nil {
		return err
	}
	if _, err := b.Load(ctx); err != nil {
		return err
	}
	seen, moments, err := observe(ctx, cluster, clients.Stores, s)
	if err != nil {
		return err
	}
	all, err := study.ReadTimeline(r.Dir)
	if err != nil {
		return err
	}
	for _, sample := range slices.Concat(seen, moments) {
		sample.Target, sample.Mode, sample.Event = r.target, s.Mode, s.Event
		all = append(all, sample)
	}
	own := all[len(all)-len(seen)-len(moments):]
	slices.SortStableFunc(own, func(a, b study.Sample) int { return int(a.At - b.At) })
	return study.WriteTimeline(r.Dir, all)
}

// observe makes requests at the rate of s, has the event happen after a fifth of the
// time, and returns what was seen in each slot and what was done when.
func observe(ctx context.Context, cluster stage.Changing, stores []bench.Store, s study.Step) (seen, moments []study.Sample, err error) {
	w := workload(s, 1, 1)
	w.Rate = s.Rate
	o := &observer{slots: make([]slotted, int(s.Duration/slot)+1)}
	b, err := bench.New(stores, w)
	if err != nil {
		return nil, nil, err
	}
	b.Watch(o.ended)
	o.begin = time.Now()
	var doing sync.WaitGroup
	var failed error
	doing.Go(func() {
		select {
		case <-time.After(s.Duration / 5):
		case <-ctx.Done():
			return
		}
		at := time.Since(o.begin)
		var what string
		what, failed = cluster.Do(ctx, s.Event)
		if s.Event == study.Join {
			at = time.Since(o.begin) // when it had started
		}
		moments = append(moments, study.Sample{At: millis(at), Moment: what})
	})
	_, err = b.Run(ctx)
	doing.Wait()
	return o.samples(s.Duration), moments, errors.Join(err, failed)
}

// observer counts what becomes of requests, by when they end.
type observer struct {
	begin time.Time
	slots []slotted
}

// slotted is what ended within a slot.
type slotted struct {
	failed atomic.Int64
	mu     sync.Mutex
	took   []float64 // microseconds, guarded by mu
}

// ended counts a request. A latency counts from when the request was due, so that
// those which waited behind a stall show it.
func (o *observer) ended(latency time.Duration, err error) {
	i := int(time.Since(o.begin) / slot)
	if i >= len(o.slots) {
		return // it was waited for after the end
	}
	s := &o.slots[i]
	if err != nil {
		s.failed.Add(1)
		return
	}
	s.mu.Lock()
	s.took = append(s.took, float64(latency.Microseconds()))
	s.mu.Unlock()
}

// samples returns what was seen in the slots of a duration.
func (o *observer) samples(d time.Duration) []study.Sample {
	var all []study.Sample
	for i := range o.slots[:int(d/slot)] {
		s := &o.slots[i]
		sample := study.Sample{At: millis(time.Duration(i+1) * slot), Rate: float64(len(s.took)) / slot.Seconds(), Failed: s.failed.Load()}
		if n := len(s.took); n > 0 {
			slices.Sort(s.took)
			sample.P99 = s.took[(n-1)*99/100]
		}
		all = append(all, sample)
	}
	return all
}

func millis(d time.Duration) float64 { return float64(d.Milliseconds()) }
