package autoscale

import (
	"cmp"
	"fmt"
	"slices"
)

// spares returns the spares that may be activated: those that report, have room for their part and are empty,
// or, where nobody can wait for that, those that are not: they have least to get. Then one that has
// no room for all of its part is better than none, too.
func (d *decider) spares() []Worker {
	reporting := slices.DeleteFunc(slices.Clone(d.scene.Spares), func(w Worker) bool { return !w.Reported })
	large := slices.DeleteFunc(slices.Clone(reporting), d.tooSmall)
	if d.urgent && len(large) == 0 {
		large = reporting
	}
	leaving := slices.DeleteFunc(slices.Clone(large), func(w Worker) bool { return !w.Leaving })
	if d.urgent && len(leaving) > 0 {
		return leaving
	}
	return slices.DeleteFunc(large, func(w Worker) bool { return w.Leaving })
}

// noSpare says why spares returns none.
func (d *decider) noSpare() string {
	best, least := "", 0.0
	for _, s := range d.scene.Spares {
		if used := d.wouldUse(s); s.Reported && !s.Leaving && (best == "" || used < least) {
			best, least = s.Name, used
		}
	}
	if best == "" {
		return "no spare is left"
	}
	return fmt.Sprintf("no spare is large enough (%s would use %s of its memory)", best, percent(least))
}

// tooSmall says that spare s would be under pressure itself by its part of what is stored, and fuller than those
// are in the mean that it is to help: it would be filled up, and writes there would fail.
func (d *decider) tooSmall(s Worker) bool {
	return d.wouldUse(s) > max(Pressure, d.load.Used/max(d.load.Capacity, 1))
}

// wouldUse returns the share of its memory that spare s would use with its part of the copies; 0 where
// that says nothing.
func (d *decider) wouldUse(s Worker) float64 {
	if _, counts := s.memory(); !counts {
		return 0
	}
	parts := held(append(slices.Clone(d.scene.Active), s), d.scene.Replicas)
	return d.oneCopy(d.load.Used) * parts[len(parts)-1] / float64(s.Capacity)
}

// oneCopy returns how many of used bytes are of one copy of everything.
func (d *decider) oneCopy(used float64) float64 {
	return used / float64(max(min(d.scene.Replicas, len(d.scene.Active)), 1))
}

// chooseSpare returns the lightest of spares that is enough, so that little moves
// and the heavy ones stay for when they are needed; if none is enough, the
// heaviest, which helps most. Names decide between equals.
func (d *decider) chooseSpare(spares []Worker) Worker {
	slices.SortFunc(spares, func(a, b Worker) int {
		return cmp.Or(cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.Name, b.Name))
	})
	for _, s := range spares {
		if d.overload(d.load, append(slices.Clone(d.scene.Active), s)) == "" {
			return s
		}
	}
	return slices.MaxFunc(spares, func(a, b Worker) int {
		return cmp.Or(cmp.Compare(a.Weight, b.Weight), cmp.Compare(b.Name, a.Name))
	})
}

// chooseLeaving returns the first active worker without which the others can
// carry the load: of those that were started as spares, which so become again
// what they were; then the lightest, whose loss is least; then the one that
// has the least to move away. Without one it says why.
func (d *decider) chooseLeaving(load Totals) (node, why string) {
	order := slices.Clone(d.scene.Active)
	slices.SortFunc(order, func(a, b Worker) int {
		if a.StartedSpare != b.StartedSpare {
			if a.StartedSpare {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.Used, b.Used), cmp.Compare(a.Name, b.Name))
	})
	for i, w := range order {
		rest := slices.Concat(order[:i], order[i+1:])
		over := d.overload(load, rest)
		if over == "" {
			return w.Name, ""
		}
		if why == "" {
			why = "without " + w.Name + " " + over
		}
	}
	return "", why
}

// overload says what would leave less than Margin if the workers then shared
// load, and the copies, by their weights: a mean below its high mark, memory below what one
// worker could not bear before, one that is over a high mark by itself, or one's memory
// below Pressure, or below what it can have if it evicts. "" when everything fits.
func (d *decider) overload(load Totals, then []Worker) string {
	load.Capacity = total(then).Capacity
	load.CPU = d.busyThen(load.CPU, then)
	for _, m := range d.policy.means(load, len(then)) {
		if limit := m.marks.High * (1 - Margin); m.value > limit {
			return fmt.Sprintf("%s would be %s, over %s", m.name, m.text(m.value), m.text(limit))
		}
	}
	pressed := d.pressedAt(len(then))
	if limit := pressed * (1 - Margin); limit > 0 && load.Capacity > 0 && load.Used > limit*load.Capacity {
		return fmt.Sprintf("memory would be %s, and at %s one worker was under pressure",
			percent(load.Used/load.Capacity), percent(pressed))
	}
	leaving := len(then) < len(d.scene.Active)
	if leaving {
		if most := d.tooBusy(then); most.node != "" {
			return "one worker would have " + most.over + ", if it is shared as it is now (" + most.node + " has most)"
		}
	}
	// Of the bytes of one copy of everything. What those hold that evict is wanted, too, and lost
	// if nobody has the room for it.
	all := load.Used
	if leaving && d.mindsCaches() {
		all += cached(d.scene.Active)
	}
	data := d.oneCopy(all)
	before := make(map[string]float64, len(d.scene.Active))
	for i, part := range held(d.scene.Active, d.scene.Replicas) {
		before[d.scene.Active[i].Name] = part
	}
	for i, after := range held(then, d.scene.Replicas) {
		w := then[i]
		limit := Pressure * (1 - Margin)
		if w.Evicts {
			limit = 1 - Margin // it may be full, but throws away what is more
		}
		if w.Capacity <= 0 || w.Evicts && (!leaving || !d.mindsCaches()) || d.unhelped(w, then) {
			continue
		}
		// What is its part of the copies, and what it has now in proportion: the ring is
		// not quite even.
		used := data * after
		if part := before[w.Name]; part > 0 {
			used = max(used, float64(w.Used)*after/part)
		}
		if used > limit*float64(w.Capacity) {
			return fmt.Sprintf("%s would use %s of its memory, over %s", w.Name, percent(used/float64(w.Capacity)), percent(limit))
		}
	}
	return ""
}

// mindsCaches says that what those hold that evict has to find room when a worker leaves: unless memory
// is not looked at, since no write fails for it.
func (d *decider) mindsCaches() bool { return d.policy.Memory != Marks{} }

// cached adds up what those of workers hold that evict, as far as their memory is known.
func cached(workers []Worker) float64 {
	sum := 0.0
	for _, w := range workers {
		if w.Evicts && w.Capacity > 0 {
			sum += float64(w.Used)
		}
	}
	return sum
}

// busyThen returns what becomes of cpu, the sum of the shares of processors that
// are busy, when the workers then share the load by their weights: each of those
// that are active now gets busier by as much as its part of it grows, which on unlike
// machines is not what goes away elsewhere. No less than cpu: the ring is not quite
// even.
func (d *decider) busyThen(cpu float64, then []Worker) float64 {
	now, sum := total(d.scene.Active).CPU, 0.0
	if now <= 0 || len(then) >= len(d.scene.Active) {
		return cpu
	}
	for _, w := range then {
		sum += w.CPU
	}
	return max(cpu, cpu*sum/now*weight(d.scene.Active)/weight(then))
}

// weight adds up the weights of workers.
func weight(workers []Worker) float64 {
	sum := 0
	for _, w := range workers {
		sum += max(w.Weight, 1)
	}
	return float64(sum)
}
