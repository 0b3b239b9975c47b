package master

import "time"

// forsakenAfter is for how long partitions have no live copy before the rest is looked
// at without them: longer than a link's cut or gossip's error that ends by itself.
const forsakenAfter = 30 * time.Second

// lossWatch tells partitions that are without a live copy for good from those that are so for a
// moment. Nobody can repair the first: what waits for everything to be whole would
// wait for an operator. Of the loop's goroutine.
type lossWatch struct {
	count int
	since time.Time
}

// observe takes how many have none now, and returns how many are not to be waited for.
func (w *lossWatch) observe(count int, now time.Time) int {
	if count != w.count {
		w.count, w.since = count, now
	}
	if now.Sub(w.since) < forsakenAfter {
		return 0
	}
	return count
}
