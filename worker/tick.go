package worker

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

// runTicks lets time pass for the cores that wait for something, and sweeps
// expired keys.
func (w *Worker) runTicks(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	var swept time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		t := w.table.Load()
		if t == nil {
			continue
		}
		sweep := time.Since(swept) >= sweepEvery
		if sweep {
			swept = time.Now()
		}
		for i := range t.partitions {
			if p := &t.partitions[i]; sweep || p.active.Load() {
				w.step(p, func(c *replica.Core, out *replica.Effects) { w.tick(c, sweep, out) })
			}
		}
	}
}

func (w *Worker) tick(c *replica.Core, sweep bool, out *replica.Effects) {
	now := w.now()
	if sweep {
		c.ExpireDue(now, sweepKeys, out)
	}
	if !c.Active() {
		return
	}
	if c.Role() == replica.RolePrimary {
		config, until := c.Config(), now+store.Instant(5*tickEvery)
		for _, id := range config.InSync {
			if id != w.incarnation {
				w.links.want(id, until)
			}
		}
		for _, id := range config.Learners {
			w.links.want(id, until)
		}
	}
	c.Tick(now, w.links, out)
}

// relinked tells the cores that messages to a peer may be lost.
func (w *Worker) relinked(peer placement.Incarnation) {
	t := w.table.Load()
	if t == nil {
		return
	}
	view := w.view()
	for i := range t.partitions {
		if view.Holds(placement.PartitionID(i), peer) {
			w.step(&t.partitions[i], func(c *replica.Core, out *replica.Effects) { c.Relinked(w.now(), peer, out) })
		}
	}
}

// filler sends snapshots to learners, no faster than the rate for background
// streams allows, a chunk of each partition in turn.
type filler struct {
	w     *Worker
	ready chan struct{} // size 1
	limit *rate.Limiter
}

func newFiller(w *Worker, bytesPerSecond int64) *filler {
	limit, burst := rate.Inf, 2*replica.DefaultLimits().Batch
	if bytesPerSecond > 0 {
		limit = rate.Limit(bytesPerSecond)
	}
	return &filler{w: w, ready: make(chan struct{}, 1), limit: rate.NewLimiter(limit, burst)}
}

func (f *filler) wake() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

func (f *filler) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.ready:
		}
		for f.round(ctx) {
		}
	}
}

// round sends one chunk of every partition that has one ready.
func (f *filler) round(ctx context.Context) (sent bool) {
	t := f.w.table.Load()
	for i := range t.partitions {
		p := &t.partitions[i]
		if !p.fill.Load() {
			continue
		}
		size := 0
		f.w.step(p, func(c *replica.Core, out *replica.Effects) { size = c.FillChunk(f.w.now(), out) })
		for sent = sent || size > 0; size > 0; {
			part := min(size, f.limit.Burst())
			if f.limit.WaitN(ctx, part) != nil {
				return false
			}
			size -= part
		}
	}
	return sent && ctx.Err() == nil
}
