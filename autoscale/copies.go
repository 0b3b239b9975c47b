package autoscale

import "slices"

// held returns how many copies of each partition, in the mean, each of some workers
// holds when there are to be so many: between 0 and 1, in the order of workers. It is
// more than its weight's part for a light one, and less for a heavy one, since the
// copies of a partition lie on as many workers: each after the first is placed by the
// weights of those that have none (see placement: backups by exclusion).
func held(workers []Worker, copies int) []float64 {
	var ring classes
	for _, w := range workers {
		ring = ring.add(max(w.Weight, 1), 1)
	}
	memo := make(map[int]float64, len(ring))
	parts := make([]float64, len(workers))
	for i, w := range workers {
		weight := max(w.Weight, 1)
		part, known := memo[weight]
		if !known {
			part = ring.part(weight, copies)
			memo[weight] = part
		}
		parts[i] = part
	}
	return parts
}

// class is how many workers have a weight.
type class struct{ weight, count int }

// classes are those of the workers that may get a copy. Large clusters have few.
type classes []class

// add returns classes with so many more workers of a weight, or fewer; it changes nothing.
func (c classes) add(weight, count int) classes {
	c = slices.Clone(c)
	if i := slices.IndexFunc(c, func(k class) bool { return k.weight == weight }); i >= 0 {
		c[i].count += count
		return c
	}
	return append(c, class{weight, count})
}

// part is the chance that one worker of a weight, who is among them, gets one of the
// copies: the first, or one of the rest, if another gets the first.
func (c classes) part(weight, copies int) float64 {
	workers, sum := 0, 0
	for _, k := range c {
		workers, sum = workers+k.count, sum+k.weight*k.count
	}
	switch {
	case copies <= 0:
		return 0
	case workers <= copies:
		return 1
	}
	part := float64(weight) / float64(sum)
	for _, k := range c {
		others := k.count
		if k.weight == weight {
			others--
		}
		if others > 0 && copies > 1 {
			part += float64(others*k.weight) / float64(sum) * c.add(k.weight, -1).part(weight, copies-1)
		}
	}
	return part
}
