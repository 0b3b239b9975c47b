package autoscale

import (
	"fmt"
	"slices"
)

// recall calls back the worker that is on its way to being a spare when the load rises
// meanwhile; else nothing is done, and why is the reason. Waiting would take the rest of its
// way and a cool-down, and then the whole way back. Only the policy's own step is taken back, not an
// operator's. That a mean passed its high mark is not enough: moving takes processor time and memory. But
// it makes no requests, and these are the clients' doing: the means passed though a
// margin was left, so there have to be more of them by as much.
func (d *decider) recall(why string) Decision {
	gone := d.history.calm.gone
	i := slices.IndexFunc(d.scene.Spares, func(w Worker) bool { return w.Name == gone && w.Leaving && w.Reported })
	if i < 0 || !slices.Equal(d.scene.UnderWay, []string{gone}) || d.history.missing(d.scene.Now, d.policy.Window, 1) > 0 {
		return d.nothing(why)
	}
	before, now := d.history.calm.requests, total(d.scene.Active).Requests+d.scene.Spares[i].Requests
	if now <= before*(1+Margin) {
		return d.nothing(why)
	}
	over := d.passedMark()
	if over == "" {
		return d.nothing(why)
	}
	return d.step(Activate, gone, fmt.Sprintf("%s while it was leaving: requests rose from %.0f/s to %.0f/s", over, before, now))
}
