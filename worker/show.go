package worker

import (
	"pikv/placement"
	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// show is what reports tell of partitions that are not at rest. Of the
// reports' goroutine.
type show struct {
	w       *Worker
	waits   map[*partition]wait
	held    tally
	counted store.Instant // when that was
}

// wait is for how long a partition has been seen waiting.
type wait struct {
	began     store.Instant
	committed replica.Number // then
}

func newShow(w *Worker) *show { return &show{w: w, waits: make(map[*partition]wait)} }

// fill adds to a report what moves and what waits, how many keys there are, and
// what clients ask for. Partitions at rest are not looked at, except to count now and then.
func (s *show) fill(r *wire.ReportRequest) {
	now := s.w.now()
	if s.counted == 0 || now-s.counted >= store.Instant(countEvery) {
		s.w.load.begin(now)
		s.held = s.w.count(s.w.load.see)
		s.w.load.end()
		s.counted = now
	}
	r.Keys, r.Mortal = s.held.keys, s.held.mortal
	if l := s.w.load.current.Load(); l != nil {
		r.Load = *l
	}
	waits := make(map[*partition]wait)
	for _, p := range s.w.restless(now) {
		why, on, committed, moves := s.look(p, now)
		for _, m := range moves {
			if len(r.Moves) < wire.MaxReported {
				r.Moves = append(r.Moves, wire.MoveReport{P: uint16(p.id), Node: uint64(m.Node), Done: m.Done, Total: m.Total})
			}
		}
		if why == "" {
			continue
		}
		seen, known := s.waits[p]
		if !known || why == replica.WhyUnacknowledged && committed > seen.committed { // steady writes are always under way
			seen = wait{now, committed}
		}
		waits[p] = seen
		if now-seen.began > store.Instant(waitingFor) && len(r.Waiting) < wire.MaxReported {
			r.Waiting = append(r.Waiting, wire.WaitReport{P: uint16(p.id), For: uint64(on), Why: why})
		}
	}
	s.waits = waits
}

// look returns what keeps a partition waiting, on whom, what it has committed, and what it moves.
func (s *show) look(p *partition, now store.Instant) (why string, on placement.Incarnation, committed replica.Number, moves []replica.MoveProgress) {
	p.look(func(c *replica.Core) {
		why, on = c.Waiting(now)
		committed, moves = c.Committed(), c.Moves()
	})
	return why, on, committed, moves
}

// restless returns the partitions that may be moving or waiting, each once:
// those that want ticks, and those whose peers do not answer.
func (w *Worker) restless(now store.Instant) []*partition {
	list := w.actives.all()
	for _, k := range *w.links.sharers.Load() {
		if !k.pair.Leased(now) || k.pair.Gone() {
			list = append(list, *k.shared.Load()...)
		}
	}
	return distinct(list)
}
