package autoscale

import (
	"fmt"
	"time"
)

// tightest returns the active worker whose memory is fullest, of those that report and whom another worker
// helps, if that of any is known.
func (d *decider) tightest() (tight Worker, used float64) {
	for _, w := range d.scene.Active {
		share, counts := w.memory()
		if counts && w.Reported && !d.unhelped(w, d.scene.Active) && (tight.Name == "" || share > used || share == used && w.Name < tight.Name) {
			tight, used = w, share
		}
	}
	return tight, used
}

// short reports whether only another worker gives copies the room that they need: to wait
// until everything is whole, or whoever leaves is empty, would be to wait for ever.
//
//	w3 becomes a spare, since w1 and w2 can carry what it has
//	clients fill w1 and w2 while it drains
//	what it still holds fits nowhere: it is in sync, and stays, and is under way
//
// While something else moves there may be room yet, unless memory is under pressure.
func (d *decider) short(pressed bool) bool { return d.scene.NoRoom && (pressed || !d.scene.Moving) }

// makeRoom answers pressure at worker tight, or want of room for copies. Without a
// worker whose memory is known tight is none.
func (d *decider) makeRoom(tight Worker, used float64) Decision {
	pressed := used >= Pressure
	reason := "copies find no room"
	switch {
	case pressed:
		reason = pressureText(tight, used)
	case tight.Name != "":
		reason += fmt.Sprintf(", %s uses %s of its memory", tight.Name, percent(used))
	}
	if d.unheard != "" {
		reason += ", and there is no fresh report of " + d.unheard
	}
	d.urgent = d.short(pressed)
	why := d.waiting()
	if d.urgent {
		why = d.stepping()
	}
	leaver, rose := "", ""
	if pressed {
		leaver, rose = d.leaver()
	}
	if why != "" && leaver == "" { // nobody has to do anything yet
		return d.later(reason, why)
	}
	// What it is compared with later is a mean, too: of the moment alone it would be
	// that of a load's peak. Of who does not report it is not known.
	if now := total(d.scene.Active); now.Capacity > 0 && d.unheard == "" {
		d.pressed = min(now.Used, d.load.Used) / now.Capacity
	}
	d.called = d.pressed > 0 || d.unheard != ""
	if leaver != "" {
		return d.callBack(leaver, reason, rose)
	}
	if pressed && !d.urgent {
		d.relieve = tight
	}
	decision := d.activate(reason)
	if decision.Kind == Warn {
		return d.warn(tight.Name, reason+"; "+d.noSpare()+": start a worker, raise --max-memory, or delete keys")
	}
	return decision
}

// pressureText says that worker w, which uses that share of its memory, is under pressure.
func pressureText(w Worker, used float64) string {
	return fmt.Sprintf("%s uses %s of its memory, pressure is from %s on", w.Name, percent(used), percent(Pressure))
}

// stepping says why no step may be taken now though it is urgent: one a cool-down.
func (d *decider) stepping() string {
	if d.history.stepped.IsZero() {
		return ""
	}
	return d.cooling(d.scene.Now.Sub(d.history.stepped))
}

// cooling says how much longer than since nothing is done; "" for no longer.
func (d *decider) cooling(since time.Duration) string {
	if left := d.policy.CoolDown - since; left > 0 {
		return "cooling down for " + seconds(left) + " more"
	}
	return ""
}
