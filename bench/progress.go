package bench

import "time"

// Progress is how far a Bench has come.
type Progress struct {
	Phase    string  // "load", "warm-up" or "run"; "" before the first
	Done     float64 // the share of the phase, 0 to 1
	Requests int64   // that it has started
}

// Progress tells how far the phase under way has come. Safe for concurrent use.
func (b *Bench) Progress() Progress {
	p := b.phase.Load()
	if p == nil {
		return Progress{}
	}
	n, done := p.next.Load(), 0.0
	if p.total > 0 {
		n = min(n, p.total)
		done = float64(n) / float64(p.total)
	}
	if p.duration > 0 {
		done = max(done, float64(time.Since(p.start))/float64(p.duration))
	}
	return Progress{Phase: p.name, Done: min(done, 1), Requests: n}
}
