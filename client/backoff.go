package client

import "time"

// The pause before a retry: it doubles from pauseMin to pauseMax, which
// docs/PROTOCOL.md (timing) caps so that a call finds the new owner soon after a
// fail-over.
const (
	pauseMin = 5 * time.Millisecond
	pauseMax = 100 * time.Millisecond
)

// pause returns how long to wait before retry number attempt (from 0). r is
// uniform in [0,1): the jitter takes up to half off, so that clients which
// were refused together do not come back together.
func pause(attempt int, r float64) time.Duration {
	d := pauseMax
	if attempt < 5 {
		d = min(pauseMin<<attempt, pauseMax)
	}
	return d - time.Duration(r*float64(d)/2)
}
