package autoscale

import (
	"fmt"
	"slices"
	"time"
)

// makeSpare makes a worker a spare, if the load has stayed low for long enough and one
// can be missed.
func (d *decider) makeSpare() Decision {
	peak := d.history.peak(d.policy.Window)
	peak.Capacity = d.load.Capacity
	step := d.leave(peak)
	if step.Kind != Spare {
		d.history.calm.low = time.Time{}
		return step
	}
	i := slices.IndexFunc(d.scene.Active, func(w Worker) bool { return w.Name == step.Node })
	var left time.Duration
	if d.history.calm, left = d.history.calm.lasts(d.scene.Now, d.scene.Active[i].Weight); left > 0 {
		return d.nothing(step.Reason + ", if that lasts for " + seconds(left) + " more: who was let go last was needed again")
	}
	d.peak = peak
	return step
}

// leave returns the step by which the worker becomes a spare that can be missed, or says
// why there is none.
func (d *decider) leave(peak Totals) Decision {
	active := len(d.scene.Active)
	most := d.tooBusy(d.scene.Active)
	means := d.policy.means(peak, active)
	value := func(m mean) float64 { return m.value }
	low := func(m mean) float64 { return m.marks.Low }
	if slices.ContainsFunc(means, func(m mean) bool { return m.value >= m.marks.Low }) {
		reason := fmt.Sprintf("%s of %s: between the marks", list(d.policy.means(d.load, active), value), workers(active))
		if most.node != "" {
			reason += "; " + most.node + " itself has " + most.over
		}
		return d.nothing(reason)
	}
	if len(means) == 0 {
		return d.nothing("nothing to go by: only memory is looked at, and that of no worker counts")
	}
	reason := fmt.Sprintf("%s of %s stayed below the low marks (%s)", list(means, value), workers(active), list(means, low))
	if most.node != "" {
		reason += ", but " + most.node + " itself has " + most.over + ": none is let go"
		if !most.alone {
			return d.nothing(reason)
		}
		return d.warn(most.node, reason+", and a spare would not help much; pikv top shows hot keys, pikv weight gives it less")
	}
	if active <= d.floor {
		return d.nothing(reason + ", at " + d.floorText())
	}
	if left := d.history.missing(d.scene.Now, d.policy.Window, 2); left > 0 {
		return d.nothing("measuring for " + seconds(left) + " more")
	}
	node, why := d.chooseLeaving(peak)
	if node == "" {
		return d.nothing(reason + ", but " + why)
	}
	return d.step(Spare, node, reason+", and the others can carry it")
}
