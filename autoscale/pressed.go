package autoscale

// member is what decides how full an active worker is beside others.
type member struct {
	name     string
	weight   int
	capacity int64
	evicts   bool
}

func memberOf(w Worker) member { return member{w.Name, w.Weight, w.Capacity, w.Evicts} }

// members returns those of workers.
func members(workers []Worker) []member {
	all := make([]member, len(workers))
	for i, w := range workers {
		all[i] = memberOf(w)
	}
	return all
}

// pressedAt returns the mean share of memory that counts as a high mark, since one worker
// could not bear it; 0: none. It counts for as long as the workers of that time are there as
// they were: a weight, or a --max-memory, may have been the cause, and been put right. Time alone
// forgets nothing, or the same would be tried again and again.
func (d *decider) pressedAt() float64 {
	now := make(map[string]member, len(d.scene.Active)+len(d.scene.Spares))
	for _, all := range [][]Worker{d.scene.Active, d.scene.Spares} {
		for _, w := range all {
			now[w.Name] = memberOf(w)
		}
	}
	for _, m := range d.history.pressedRing {
		if now[m.name] != m {
			return 0
		}
	}
	return d.history.pressed
}
