//go:build !linux

package worker

import (
	"time"

	"pikv/store"
)

// newClock returns a monotonic clock that starts at 1, since 0 is "never".
// Where the system's stops while the machine sleeps, so does this one. Safe for
// concurrent use.
func newClock() func() store.Instant {
	began := time.Now()
	return func() store.Instant { return store.Instant(time.Since(began)) + 1 }
}
