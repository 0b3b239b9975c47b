package worker

import (
	"context"
	"time"

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
