package autoscale

import "slices"

// helps is the part of what a worker's share of the ring falls by that its bytes have to fall by, for a spare to
// have helped it: rings are uneven, and a spare by chance takes less from one than from others.
const helps = 0.25

// relief is a spare that was activated for the memory of one worker. Where one partition is most of
// what that one has, no number of spares helps: each takes a part of the others.
//
//	w1 uses 85 % of its memory for one partition, and w2 to w4 are half empty
//	s1 is activated, and takes next to nothing from w1
//	s2, s3 and on would be activated, a cool-down apart, for as long as there are any
type relief struct {
	node string
	// ring are those who are active since. It says nothing of fewer, or of others.
	ring []member
	// most is the part of the bytes of all active workers that node has at most if it was helped. Of a
	// load that grows evenly it stays the same.
	most float64
}

// reliefsWith returns what is known of reliefs when the spare of that name is activated for d.relieve.
func (d *decider) reliefsWith(spare string) []relief {
	w, active := d.relieve, d.scene.Active
	at := slices.IndexFunc(active, func(a Worker) bool { return a.Name == w.Name })
	then := slices.Clone(active)
	for _, s := range d.scene.Spares {
		if s.Name == spare {
			then = append(then, s)
		}
	}
	fall := 1 - held(then, d.scene.Replicas)[at]/held(active, d.scene.Replicas)[at]
	kept := slices.DeleteFunc(slices.Clone(d.history.reliefs), func(r relief) bool { return r.node == w.Name })
	return append(kept, relief{w.Name, members(then), partOf(w, active) * (1 - helps*fall)})
}

// stands says that all of the ring are among workers, as they were.
func (r relief) stands(workers []Worker) bool {
	are := members(workers)
	return !slices.ContainsFunc(r.ring, func(m member) bool { return !slices.Contains(are, m) })
}

// partOf returns which part w has of the bytes of all workers, of which it is one.
func partOf(w Worker, workers []Worker) float64 { return float64(w.Used) / max(total(workers).Used, 1) }

// judgeReliefs forgets, once everything has moved that can, those that have helped, and those that say nothing any more.
func (d *decider) judgeReliefs() {
	active := d.scene.Active
	d.settled = d.unheard == "" && !d.scene.NoRoom && d.waiting() == ""
	if !d.settled {
		return
	}
	d.history.reliefs = slices.DeleteFunc(slices.Clone(d.history.reliefs), func(r relief) bool {
		at := slices.IndexFunc(active, func(w Worker) bool { return w.Name == r.node })
		return at < 0 || !r.stands(active) || partOf(active[at], active) <= r.most
	})
}

// unhelped says that a spare was activated for w's memory, that everything has moved that can, and that w has about as large
// a part of all as before. It has that among then, too, if nobody is missing who is active since.
func (d *decider) unhelped(w Worker, then []Worker) bool {
	return d.settled && slices.ContainsFunc(d.history.reliefs, func(r relief) bool { return r.node == w.Name && r.stands(then) })
}

// sayUnhelped returns step, or, where that is none, a warning of one who is under pressure that no spare relieves.
func (d *decider) sayUnhelped(step Decision) Decision {
	if step.Kind != Nothing {
		return step
	}
	for _, w := range d.scene.Active {
		if used, counts := w.memory(); counts && used >= Pressure && d.unhelped(w, d.scene.Active) {
			return d.warn(w.Name, pressureText(w, used)+"; the spare that was activated for it took little of that, as where one partition has most: raise its --max-memory, or delete keys")
		}
	}
	return step
}
