package resp

import (
	"sync"
	"time"
)

// rates tells how much a second there was since it was asked last. Safe for
// concurrent use; the zero value is ready.
type rates struct {
	mu     sync.Mutex
	since  time.Time
	before Stats
	now    rate
}

// rate is per second.
type rate struct{ commands, in, out float64 }

// ratePause is how far apart two measurements are at least.
const ratePause = 100 * time.Millisecond

// at returns the rates up to now, or those of just before.
func (r *rates) at(now time.Time, st Stats) rate {
	r.mu.Lock()
	defer r.mu.Unlock()
	past := now.Sub(r.since)
	if past < ratePause {
		return r.now
	}
	if !r.since.IsZero() {
		s := past.Seconds()
		r.now = rate{float64(st.Commands-r.before.Commands) / s, float64(st.In-r.before.In) / s, float64(st.Out-r.before.Out) / s}
	}
	r.since, r.before = now, st
	return r.now
}
