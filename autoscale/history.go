package autoscale

import (
	"slices"
	"time"
)

// Totals are the load of all active workers together.
type Totals struct {
	Used     float64 `json:"used"`     // bytes
	Capacity float64 `json:"capacity"` // bytes that Used may become
	Requests float64 `json:"requests"` // per second
	CPU      float64 `json:"cpu"`      // busy machines: the sum of the shares
}

// total adds up workers, which have reported.
func total(workers []Worker) Totals {
	var t Totals
	for _, w := range workers {
		if _, counts := w.memory(); counts {
			t.Used += float64(w.Used)
			t.Capacity += float64(w.Capacity)
		}
		t.Requests += w.Requests
		t.CPU += w.CPU
	}
	return t
}

// highest returns the higher of each pair of loads.
func (t Totals) highest(o Totals) Totals {
	return Totals{
		Used:     max(t.Used, o.Used),
		Requests: max(t.Requests, o.Requests),
		CPU:      max(t.CPU, o.CPU),
	}
}

// History is what Decide remembers from one call to the next. The zero value
// is the beginning. It is never changed: Decide returns another.
type History struct {
	slices []slice // oldest first, of two windows
	// restless is the last moment at which something moved or was decided.
	restless time.Time
	// stepped is when the last step was decided.
	stepped time.Time
	// lessons are what rings have borne, one for each number of workers at most.
	lessons []lesson
	// reliefs are the spares that were activated for one worker's memory, the last for each.
	reliefs []relief
	calm    calm
	// own is what each active worker has by itself, at looked.
	own    map[string]own
	looked time.Time
}

// Begin is the History of one who does not know what was done before now: it begins
// with a cool-down.
func Begin(now time.Time) History { return History{restless: now} }

// perWindow is how many slices a window has. What arrives more often is
// averaged.
const perWindow = 30

// slice is the mean load of a short time.
type slice struct {
	from time.Time
	sum  Totals
	n    float64
}

// observe returns h with the load t at now, without what is older than two
// windows.
func (h History) observe(now time.Time, t Totals, window time.Duration) History {
	old := 0
	for old < len(h.slices) && now.Sub(h.slices[old].from) >= 2*window+window/perWindow {
		old++
	}
	kept := slices.Clone(h.slices[old:])
	if last := len(kept) - 1; last < 0 || now.Sub(kept[last].from) >= window/perWindow {
		kept = append(kept, slice{from: now})
	}
	last := &kept[len(kept)-1]
	last.sum.Used += t.Used
	last.sum.Requests += t.Requests
	last.sum.CPU += t.CPU
	last.n++
	h.slices = kept
	return h
}

// missing returns how long is still to be measured at now until the last
// windows of the given number are covered, with holes of a third of a window
// at most.
func (h History) missing(now time.Time, window time.Duration, number int) time.Duration {
	span := time.Duration(number)*window - window/perWindow
	since := now // how far back it is covered
	for _, s := range slices.Backward(h.slices) {
		if since.Sub(s.from) > window/3 {
			break
		}
		since = s.from
	}
	return max(span-now.Sub(since), 0)
}

// mean returns the mean load of the window that ends with slice end.
func (h History) mean(end int, window time.Duration) Totals {
	var sum Totals
	var n float64
	to := h.slices[end].from
	for i := end; i >= 0 && to.Sub(h.slices[i].from) < window; i-- {
		s := h.slices[i]
		sum.Used += s.sum.Used / s.n
		sum.Requests += s.sum.Requests / s.n
		sum.CPU += s.sum.CPU / s.n
		n++
	}
	return Totals{Used: sum.Used / n, Requests: sum.Requests / n, CPU: sum.CPU / n}
}

// now returns the mean load of the last window, of which there is something.
func (h History) now(window time.Duration) Totals { return h.mean(len(h.slices)-1, window) }

// peak returns the highest means of all windows that end within the last one.
func (h History) peak(window time.Duration) Totals {
	var highest Totals
	last := len(h.slices) - 1
	for i := last; i >= 0 && h.slices[last].from.Sub(h.slices[i].from) < window; i-- {
		highest = highest.highest(h.mean(i, window))
	}
	return highest
}
