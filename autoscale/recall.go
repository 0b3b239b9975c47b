package autoscale

import (
	"fmt"
	"slices"
)

// recall calls back the worker that is on its way to being a spare when a mean passes its high mark
// meanwhile; else nothing is done, and why is the reason. Pressure calls it back as well (makeRoom).
func (d *decider) recall(why string) Decision {
	leaver, rose := d.leaver()
	if leaver == "" {
		return d.nothing(why)
	}
	over := d.passedMark()
	if over == "" {
		return d.nothing(why)
	}
	return d.callBack(leaver, over, rose)
}

// leaver returns the worker that is on its way to being a spare and may be called back, "" for none,
// and how requests rose. Waiting would take the rest of its
// way and a cool-down, and then the whole way back. Only the policy's own step is taken back, not an
// operator's. That a mean passed its high mark, or memory is short, is not enough: moving takes processor
// time and memory. But it makes no requests, and these are the clients' doing: the means passed though a
// margin was left, so there have to be more of them by as much.
func (d *decider) leaver() (node, rose string) {
	gone := d.history.calm.gone
	i := slices.IndexFunc(d.scene.Spares, func(w Worker) bool { return w.Name == gone && w.Leaving && w.Reported })
	if i < 0 || !slices.Equal(d.scene.UnderWay, []string{gone}) || d.history.missing(d.scene.Now, d.policy.Window, 1) > 0 {
		return "", ""
	}
	before, now := d.history.calm.requests, total(d.scene.Active).Requests+d.scene.Spares[i].Requests
	if now <= before*(1+Margin) {
		return "", ""
	}
	return gone, fmt.Sprintf("requests rose from %.0f/s to %.0f/s", before, now)
}

// callBack takes back the step by which leaver was let go.
func (d *decider) callBack(leaver, reason, rose string) Decision {
	return d.step(Activate, leaver, reason+" while it was leaving: "+rose)
}
