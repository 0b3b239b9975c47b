package worker

import (
	"time"

	"pikv/store"
	"pikv/wire"
)

// news tells how often to report: seldom once nothing has been new for a while,
// since each report wakes two nodes. Of the reports' goroutine; the zero value is
// a worker that has just started.
type news struct {
	last   store.Instant // when there was any, 0 before the first report
	before wire.ReportRequest
}

// note takes down that there is news.
func (n *news) note(now store.Instant) { n.last = now }

// compare takes a report down as news if it tells anything but that all is as it
// was before. What clients ask for is no news: it never stays the same.
func (n *news) compare(now store.Instant, r *wire.ReportRequest) {
	b := &n.before
	same := b.MasterID == r.MasterID && b.Epoch == r.Epoch && b.Used == r.Used && b.Keys == r.Keys && b.Mortal == r.Mortal
	if n.last == 0 || !same || len(r.View)+len(r.Moves)+len(r.Waiting) > 0 {
		n.note(now)
	}
	n.before = *r
	n.before.View, n.before.Load = nil, wire.Load{}
}

// pause is how long to wait for the next report.
func (n *news) pause(now store.Instant) time.Duration {
	if now-n.last < store.Instant(restAfter) {
		return reportEvery
	}
	return restEvery
}
