package master

import (
	"maps"
	"slices"
	"time"

	"pikv/placement"
)

// failing returns the partitions of v whose fill fails again and again at a worker that ought to have them
// by target, and for which nothing else is under way or in changes; with that worker.
func failing(b *backoff, v *placement.View, target [][]string, alive map[string]placement.Incarnation, changes []placement.Change) map[placement.PartitionID]placement.Incarnation {
	out := make(map[placement.PartitionID]placement.Incarnation)
	for key := range b.pairs {
		n, known := v.Node(key.target)
		if known && alive[n.Name] == key.target && b.stubborn(key.partition, key.target) && int(key.partition) < len(target) && slices.Contains(target[key.partition], n.Name) {
			out[key.partition] = max(out[key.partition], key.target) // any, but the same each time
		}
	}
	for p := range out {
		if slices.ContainsFunc(v.Partitions[p].Learners, func(inc placement.Incarnation) bool { return !b.stubborn(p, inc) }) {
			delete(out, p)
		}
	}
	for _, c := range changes {
		if c.Kind != placement.HandOver && !b.stubborn(c.Partition, c.Node) {
			delete(out, c.Partition)
		}
	}
	return out
}

// failingAt returns the names of the workers at which copies keep failing, if nothing but that is to be
// waited for: what else moves, is missing or is held by a worker that leaves (underWay) is being taken care of.
func (p *planner) failingAt(v *placement.View, underWay []string) []string {
	names := make(map[string]bool)
	for _, inc := range p.failing {
		if n, known := v.Node(inc); known {
			names[n.Name] = true
		}
	}
	leaves := func(inc placement.Incarnation) bool {
		n, _ := v.Node(inc)
		return slices.Contains(underWay, n.Name)
	}
	for id, conf := range v.Partitions {
		if _, fails := p.failing[placement.PartitionID(id)]; !fails && slices.ContainsFunc(slices.Concat(conf.InSync, conf.Learners), leaves) {
			return nil
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// forgetFailing is after how long a worker is spoken of again at which copies fail.
const forgetFailing = 10 * time.Minute

// failWatch says once of each worker that copies keep failing there. Of the loop's goroutine.
type failWatch struct {
	events *events
	said   map[placement.Incarnation]time.Time             // when it was so last
	due    map[placement.Incarnation]placement.PartitionID // what is to be said, once it is known what is free
}

func newFailWatch(events *events) *failWatch {
	return &failWatch{events, make(map[placement.Incarnation]time.Time), make(map[placement.Incarnation]placement.PartitionID)}
}

// observe looks at what the planner has found for v.
func (w *failWatch) observe(s scene, v *placement.View, p *planner) {
	for _, id := range slices.Sorted(maps.Keys(p.failing)) {
		inc := p.failing[id]
		if _, said := w.said[inc]; !said {
			w.due[inc] = id
		}
		w.said[inc] = s.now
	}
	for inc, id := range w.due {
		pen, fails := p.backoff.pairs[pair{id, inc}]
		n, known := v.Node(inc)
		switch {
		case !fails || !known:
			delete(w.due, inc)
		case trying(v, pair{id, inc}) || s.heard[inc].at.Sub(pen.at) < firstBackoff:
			// It has not said yet how much is free without what it got.
		default:
			delete(w.due, inc)
			w.say(n, s.heard[inc], id, pen)
		}
	}
	for inc, at := range w.said {
		if s.now.Sub(at) > forgetFailing {
			delete(w.said, inc)
		}
	}
}

func (w *failWatch) say(n placement.Node, r report, id placement.PartitionID, pen penalty) {
	if free := n.Capacity - r.used; n.Capacity > 0 && r.eviction != evictionLRU && pen.need > free {
		w.events.note(eventFill, n.Name, "%s lacks room for a copy of partition %d: it takes %d KiB, and %d KiB are free; raise its --max-memory, give it less weight, or start a worker",
			n.Name, id, pen.need>>10, max(free, 0)>>10)
		return
	}
	w.events.note(eventFill, n.Name, "a copy of partition %d fails at %s whenever it is tried: its link does not hold, or it lacks room", id, n.Name)
}
