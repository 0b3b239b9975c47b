package worker

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"pikv/replica"
	"pikv/store"
)

// sweeper removes keys whose time is over and that nobody reads. When the ticks
// wake it, it looks into every partition, and goes on where more is due than it
// removes at a time: so its work grows with what is due, while each partition is
// locked for a few keys only, backups that do not keep up are sent few, and it
// rests between slices of work. It does not rest while memory is short: what is
// over makes way before live keys are evicted, or writes refused.
type sweeper struct {
	w    *Worker
	need chan struct{} // size 1
	list []*partition  // where more is due; of its goroutine

	peak  atomic.Int64 // of the memory in use, as tick has seen it
	woken struct {     // by tick
		at   store.Instant
		used int64 // the least since then
	}
}

func newSweeper(w *Worker) *sweeper { return &sweeper{w: w, need: make(chan struct{}, 1)} }

// run sweeps whenever it is woken.
func (s *sweeper) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.need:
			s.sweep(ctx)
		}
	}
}

func (s *sweeper) wake() {
	select {
	case s.need <- struct{}{}:
	default:
	}
}

// tick wakes the sweeper from time to time, or, while memory is short and
// written to, at once. Of the ticks' goroutine.
func (s *sweeper) tick(now store.Instant) {
	used := s.w.memory.Used()
	if used > s.peak.Load() {
		s.peak.Store(used)
	}
	if now-s.woken.at >= store.Instant(sweepEvery) || s.hurried() && used > s.woken.used {
		s.woken.at, s.woken.used = now, used
		s.wake()
	}
	s.woken.used = min(s.woken.used, used)
}

// hurried reports whether memory is short: the evictor begins to evict when half
// as much is free.
func (s *sweeper) hurried() bool {
	m := s.w.memory
	return m.Limit()-m.Used() < 2*replica.Reserve(m.Limit())
}

// sweep looks into all partitions, and on into those where more is due, until
// there is none, or all are to be looked into again.
func (s *sweeper) sweep(ctx context.Context) {
	t := s.w.table.Load()
	if t == nil {
		return
	}
	// The clock costs more than a look at a partition without anything due.
	now := s.w.now()
	for i := range t.partitions {
		s.visit(ctx, &t.partitions[i], &now)
	}
	for len(s.list) > 0 && len(s.need) == 0 && ctx.Err() == nil {
		now = s.w.now()
		list := s.list
		s.list = list[:0] // what is kept is written over what was read
		for _, p := range list {
			s.visit(ctx, p, &now)
		}
	}
	s.list = s.list[:0]
}

// visit sweeps a partition, notes whether there is more, and rests when it is
// time to.
func (s *sweeper) visit(ctx context.Context, p *partition, now *store.Instant) {
	worked, more := s.step(p, *now)
	if more {
		s.list = append(s.list, p)
	}
	if !worked {
		return
	}
	late := s.w.now()
	if spent := time.Duration(late - *now); spent >= sweepSlice {
		if !s.hurried() {
			sleep(ctx, sweepRest*spent)
		}
		*now = s.w.now()
	}
}

// step removes some keys of a partition whose time is over. It reports whether
// there may be more of them, of which it can remove some at once.
func (s *sweeper) step(p *partition, now store.Instant) (worked, more bool) {
	s.w.step(p, func(c *replica.Core, out *replica.Effects) {
		from, due := p.engine.Overdue(now)
		behind := due && slices.ContainsFunc(c.Config().InSync, s.w.links.behind)
		c.ExpireDue(now, sweepKeys, out)
		if !due {
			return
		}
		at, due := p.engine.Overdue(now)
		// Nothing found and no step further: this is no primary, or it must not
		// number anything now. Those that wait for their commit are passed over, once.
		worked = out.Expired > 0 || at != from
		more = due && (out.Expired > 0 || at > from) && (!behind || s.hurried())
	})
	return worked, more
}
