package socket

import (
	"sync/atomic"
	"time"
)

// LeastRate is how many bytes a second a client must take of answers that wait for it:
// less than any network that is of use gives one of many connections. Who trickles
// would keep its share of the memory for answers for hours. What a peer sends may count, too,
// for a while: see eventloop.
const LeastRate = 16 << 10

// Takes watches whether a peer takes enough of what waits for it. The zero value is
// ready. Not safe for concurrent use.
type Takes struct {
	since time.Time // zero: nothing waits
	from  int64
}

// Stop notes that nothing waits.
func (t *Takes) Stop() { *t = Takes{} }

// Enough notes how many bytes the peer has taken by now, while more wait. It is false
// when it took less than rate bytes a second since one of the last times, over which
// span has gone, and something waited all the time.
func (t *Takes) Enough(now time.Time, taken, rate int64, span time.Duration) bool {
	over := now.Sub(t.since)
	switch {
	case t.since.IsZero():
	case over < span:
		return true
	case over > 2*span: // nobody has looked: this process slept
	case float64(taken-t.from) < float64(rate)*over.Seconds():
		return false
	}
	t.since, t.from = now, taken
	return true
}

// SlowWarning says when to warn of a peer that is cut off for taking too little: once a
// minute, for whoever does that can do it often. The zero value is ready. Safe for
// concurrent use.
type SlowWarning struct{ last atomic.Int64 }

// Due reports whether it is time for one, which is given then.
func (w *SlowWarning) Due() bool {
	now, last := time.Now().Unix(), w.last.Load()
	return now-last >= 60 && w.last.CompareAndSwap(last, now)
}
