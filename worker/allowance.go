package worker

import (
	"sync"
	"time"
)

// allowanceKept is for how long an allowance that is not used adds up: who wakes
// late makes up for it, and who has been idle has no claim.
const allowanceKept = 50 * time.Millisecond

// allowance is how many bytes of snapshots may be sent to a peer now. It grows
// with a rate; what is sent may overdraw it, for a value can be larger than any
// allowance, and then nothing more may be sent until that is made up for. Safe
// for concurrent use.
type allowance struct {
	mu    sync.Mutex
	rate  int64 // bytes per second; 0 or less: no limit
	bytes float64
	at    time.Time // bytes is of then
}

// set changes the rate.
func (a *allowance) set(rate int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.growLocked()
	a.rate = rate
	a.bytes = min(a.bytes, a.most())
}

// any reports whether something may be sent.
func (a *allowance) any() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.growLocked()
	return a.rate <= 0 || a.bytes > 0
}

// spend notes what was sent.
func (a *allowance) spend(bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.growLocked(); a.rate > 0 {
		a.bytes -= float64(bytes)
	}
}

func (a *allowance) most() float64 { return float64(a.rate) * allowanceKept.Seconds() }

func (a *allowance) growLocked() {
	now := time.Now()
	a.bytes = min(a.bytes+float64(a.rate)*now.Sub(a.at).Seconds(), a.most())
	a.at = now
}
