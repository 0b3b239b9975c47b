package socket

import "time"

const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// Pauses are those between attempts to accept while it fails, for want of file
// descriptors or memory, which only time can help. The zero value is ready, and
// an attempt that succeeds sets it to zero. Not safe for concurrent use.
type Pauses struct{ last time.Duration }

// Next returns the next one, and whether it is the first.
func (p *Pauses) Next() (d time.Duration, first bool) {
	first = p.last == 0
	p.last = min(max(2*p.last, firstPause), lastPause)
	return p.last, first
}
