package worker

import (
	"context"
	"time"

	"pikv/replica"
	"pikv/store"
)

// runTicks asks the peers for their leases, lets time pass for the cores that
// wait for something, judges who is silent, and has expired keys swept.
func (w *Worker) runTicks(ctx context.Context) {
	tick := newAlarm(ctx)
	defer tick.close()
	w.ticked.Store(int64(w.now()))
	defer w.ticked.Store(0)
	for tick.wait(w.untilTick()) {
		now := w.awake()
		w.ticked.Store(int64(now))
		if w.rhythm.due(now) {
			w.beat(now)
		}
		w.promptReport(now)
		w.tickActive()
		w.links.judge(now)
		w.evictor.tick(now)
		w.sweeper.tick(now)
	}
}

// beat asks the peers for their leases.
func (w *Worker) beat(now store.Instant) {
	w.rhythm.struck(now, w.links.lead(now), w.cfg.Timing.Beat)
	w.links.beat(now)
}

// awake reads the clock for a core's Tick, which judges who is silent. When this
// node was suspended, stopped or starved for long, nobody is to blame: what the
// others said meanwhile is yet to be read. That may show first in any goroutine.
func (w *Worker) awake() store.Instant {
	now := w.now()
	if last := w.ticked.Load(); last != 0 && now-store.Instant(last) > store.Instant(w.cfg.Timing.Silence)/2 {
		w.links.excuse(now)
	}
	return now
}

// untilTick is the pause before the next tick: at the next beat, or, when a core
// has something to do, half a beat sooner.
func (w *Worker) untilTick() time.Duration {
	pause, half := w.rhythm.until(w.now()), w.cfg.Timing.Beat/2
	if pause > half && !w.actives.empty() {
		pause -= half
	}
	return pause
}

// tickActive lets time pass for the cores that asked for it.
func (w *Worker) tickActive() {
	for _, p := range w.actives.turn() {
		// Most are found idle: what they waited for was a commit.
		if p.unlist() {
			w.step(p, func(c *replica.Core, out *replica.Effects) { c.Tick(w.awake(), out) })
		}
	}
}

// unlist takes the partition from the actives, and reports whether its core
// wants a tick still.
func (p *partition) unlist() bool {
	p.mu.Lock()
	defer p.unlock()
	p.listed = false
	return p.core.Active()
}

// tickShared lets time pass for the cores that share a partition with a peer:
// something about it has changed, or it is silent.
func (w *Worker) tickShared(k *link) {
	for _, p := range *k.shared.Load() {
		w.step(p, func(c *replica.Core, out *replica.Effects) { c.Tick(w.awake(), out) })
	}
}

// relinked tells the cores that messages to a peer may be lost.
func (w *Worker) relinked(k *link) {
	for _, p := range *k.shared.Load() {
		w.step(p, func(c *replica.Core, out *replica.Effects) { c.Relinked(w.now(), k.peer, out) })
	}
}
