package eventloop

import "time"

const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// pauses are those between attempts to accept while it fails, for want of file
// descriptors or memory, which only time can help.
type pauses struct{ last time.Duration }

// next returns the next one, and whether it is the first.
func (p *pauses) next() (d time.Duration, first bool) {
	first = p.last == 0
	p.last = min(max(2*p.last, firstPause), lastPause)
	return p.last, first
}
