package worker

import (
	"context"
	"time"

	"pikv/replica"
	"pikv/store"
)

// runTicks lets time pass for the cores that wait for something, judges who is
// silent, and sweeps expired keys.
func (w *Worker) runTicks(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	last, swept := w.now(), store.Instant(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := w.now()
		if now-last > store.Instant(w.cfg.Timing.Silence)/2 {
			// This node was suspended, stopped or starved. What the others
			// said meanwhile is yet to be read.
			w.links.excuse(now)
		}
		last = now
		w.tickActive()
		w.links.judge(now)
		if now-swept >= store.Instant(sweepEvery) {
			swept = now
			w.sweep()
		}
	}
}

// tickActive lets time pass for the cores that asked for it.
func (w *Worker) tickActive() {
	for _, p := range w.actives.turn() {
		w.step(p, func(c *replica.Core, out *replica.Effects) {
			p.listed = false
			if c.Active() {
				c.Tick(w.now(), out)
			}
		})
	}
}

// tickShared lets time pass for the cores that share a partition with a peer:
// something about it has changed, or it is silent.
func (w *Worker) tickShared(k *link) {
	for _, p := range *k.shared.Load() {
		w.step(p, func(c *replica.Core, out *replica.Effects) { c.Tick(w.now(), out) })
	}
}

// relinked tells the cores that messages to a peer may be lost.
func (w *Worker) relinked(k *link) {
	for _, p := range *k.shared.Load() {
		w.step(p, func(c *replica.Core, out *replica.Effects) { c.Relinked(w.now(), k.peer, out) })
	}
}

// sweep removes expired keys that nobody reads.
func (w *Worker) sweep() {
	t := w.table.Load()
	if t == nil {
		return
	}
	now := w.now() // once: the clock costs more than a look at a partition without such keys
	for i := range t.partitions {
		w.step(&t.partitions[i], func(c *replica.Core, out *replica.Effects) { c.ExpireDue(now, sweepKeys, out) })
	}
}
