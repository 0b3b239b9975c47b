package master

import (
	"slices"
	"time"

	"pikv/membership"
)

// restlessFactor bounds, in settling times, how long a membership that never
// comes to rest (flapping radio links) can put off everything.
const restlessFactor = 10

// quiet watches for how long the membership has been as it is. Not safe for
// concurrent use.
type quiet struct {
	last     []membership.Member
	since    time.Time // last has been so since then
	restless time.Time // the first change after the last time that it was settled
}

// newQuiet starts to watch: nothing is known, so nothing has settled.
func newQuiet(now time.Time) *quiet { return &quiet{since: now, restless: now} }

// observe takes the members of now and reports whether they have been the same
// for settle, or restless for so long that it makes no difference.
func (q *quiet) observe(members []membership.Member, now time.Time, settle time.Duration) bool {
	if !slices.Equal(members, q.last) {
		if now.Sub(q.since) >= settle {
			q.restless = now
		}
		q.last, q.since = members, now
	}
	return now.Sub(q.since) >= settle || now.Sub(q.restless) >= restlessFactor*settle
}
