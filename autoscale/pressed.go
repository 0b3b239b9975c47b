package autoscale

import (
	"cmp"
	"slices"
)

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

// lesson is what a ring of some workers has borne: at the mean share pressed of memory one of
// them was under pressure; 0: none was at the high mark. It counts for as long as they are all there as
// they were: a weight, or a --max-memory, may have been the cause, and been put right. Time alone
// forgets nothing, or the same would be tried again and again.
type lesson struct {
	pressed float64
	ring    []member
}

// learn returns lessons, by size of the ring, with one more. Of as many workers that were
// others it is not forgotten what they could not bear, because these could.
//
//	w1 is under pressure at a mean of 55 % of w1, w2 and w3, and w4 is activated
//	in the evening processors are busy, and w5 is activated
//	at night w5 is let go, and w4 if that has made w1's trouble forgotten
func learn(lessons []lesson, latest lesson) []lesson {
	same := func(l lesson) bool { return len(l.ring) == len(latest.ring) }
	if i := slices.IndexFunc(lessons, same); i >= 0 && latest.pressed == 0 && lessons[i].pressed > 0 && !sameRing(lessons[i].ring, latest.ring) {
		return lessons
	}
	kept := append(slices.DeleteFunc(slices.Clone(lessons), same), latest)
	slices.SortFunc(kept, func(a, b lesson) int { return cmp.Compare(len(a.ring), len(b.ring)) })
	return kept
}

// sameRing says that the same workers are in both, as they were, in any order.
func sameRing(a, b []member) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(m member) bool { return !slices.Contains(b, m) })
}

// pressedAt returns the mean share of memory that counts as a high mark for so many workers, since
// one could not bear it; 0: none. It is what was learned of as many. Where that is nothing it is what was of
// fewer, which are no more even, or else of more.
func (d *decider) pressedAt(workers int) float64 {
	now := make(map[string]member, len(d.scene.Active)+len(d.scene.Spares))
	for _, all := range [][]Worker{d.scene.Active, d.scene.Spares} {
		for _, w := range all {
			now[w.Name] = memberOf(w)
		}
	}
	changed := func(m member) bool { return now[m.name] != m }
	pressed, found := 0.0, false
	for _, l := range d.history.lessons {
		if slices.ContainsFunc(l.ring, changed) {
			continue
		}
		if found && len(l.ring) > workers {
			break
		}
		pressed, found = l.pressed, true
	}
	return pressed
}
