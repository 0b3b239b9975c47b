package autoscale

import "time"

// patience is how many cool-downs a worker that was let go has to stay away for the
// step to have been right, and for how many at most the next one is put off: an hour, by the
// defaults. A load that swings more slowly is followed.
const patience = 30

// calm is what there is to remember of the steps by which workers were let go. A load
// that swings more slowly than what making a spare looks back on has a low that passes the
// test and a high that calls for the worker again, once in each period. So a low that came
// to an end is a measure of those that will: after it the next has to
// last longer.
type calm struct {
	// low is since when each look has found a worker of that weight to be missed; zero: the
	// last found none. A step down does not end it. Where a light one can be missed at all
	// times and a heavy one in the troughs, that is no low for the heavy one.
	low    time.Time
	weight int
	// wait is how long low has to last.
	wait time.Duration
	// gone is the last worker that was let go, at that moment, in a low that began at from,
	// with so many requests a second from all clients. "" where it came back, or has been gone
	// for so long that it was right.
	gone     string
	at, from time.Time
	requests float64
}

// age halves at now what is waited for, once a worker that was let go has stayed away for
// long. All of it is not forgotten: where a light worker is let go for good, a heavy one may be needed
// with each swing still.
func (c calm) age(now time.Time, p Policy) calm {
	if c.gone != "" && now.Sub(c.at) >= patience*p.CoolDown {
		c.gone, c.wait = "", c.wait/2
		if c.wait < p.CoolDown {
			c.wait = 0
		}
	}
	return c
}

// lasts says that a worker of that weight can be missed at now, and how long that has to last still.
func (c calm) lasts(now time.Time, weight int) (calm, time.Duration) {
	if c.low.IsZero() || weight != c.weight {
		c.low, c.weight = now, weight
	}
	return c, c.wait - now.Sub(c.low)
}

// letGo says that node becomes a spare, with peak for the load.
func (c calm) letGo(node string, now time.Time, peak Totals) calm {
	c.gone, c.at, c.from, c.requests = node, now, c.low, peak.Requests
	return c
}

// cameBack says that the load calls for another worker. If one was let go not
// long ago the low was shorter than now less its beginning: twice that is no low of the same
// swing, and is at least twice what was waited for this time.
func (c calm) cameBack(now time.Time, p Policy) calm {
	if c.gone != "" {
		c.gone, c.wait = "", min(2*now.Sub(c.from), patience*p.CoolDown)
	}
	c.low = time.Time{}
	return c
}

// replaced says that another worker is active in the place of one that was missing: whether
// the low lasted will not be known.
func (c calm) replaced() calm {
	c.gone, c.low = "", time.Time{}
	return c
}
