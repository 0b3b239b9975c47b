package autoscale

import "fmt"

// fill activates a spare where fewer workers are active than are to be. That there are too few for the
// copies may be why the cluster is not whole; and where copies find no room waiting brings them
// none, as long as nothing moves.
func (d *decider) fill(pressed bool) Decision {
	active := len(d.scene.Active)
	reason, why := fmt.Sprintf("%s active, fewer than %s", workers(active), d.floorText()), d.waiting()
	switch {
	case active < d.scene.Replicas:
		d.urgent, why = true, ""
	case d.short(pressed):
		d.urgent, why = true, d.stepping()
		reason += ", and copies find no room"
	}
	if why != "" {
		return d.later(reason, why)
	}
	return d.activate(reason)
}

// floorText names what keeps workers active.
func (d *decider) floorText() string {
	if d.floor > d.policy.MinWorkers {
		return fmt.Sprintf("%d replicas", d.floor)
	}
	return fmt.Sprintf("--min-workers %d", d.floor)
}
