package report

import (
	"math"
	"slices"

	"pikv/bench/study"
)

// A Measure is what several repeats of a point say.
type Measure struct {
	Median, Low, High float64 // Low and High are the 5th and the 95th percentile
	N                 int     // repeats that count
	// Marked are the values of repeats that are suspect. They do not count, unless
	// there are no others: then Suspect says so.
	Marked  []float64
	Suspect bool
}

// OK reports whether there is anything to show.
func (m Measure) OK() bool { return m.N > 0 }

// measureOf summarizes value over the repeats in points.
func measureOf(points []study.Point, value func(study.Point) float64) Measure {
	var good, marked []float64
	for _, p := range points {
		v := value(p)
		switch {
		case p.Ops == 0 || math.IsNaN(v) || math.IsInf(v, 0): // nothing was answered, or nothing is known
		case p.Suspect() == "":
			good = append(good, v)
		default:
			marked = append(marked, v)
		}
	}
	m := Measure{Marked: marked}
	if len(good) == 0 {
		good, m.Suspect = marked, len(marked) > 0
	}
	if len(good) == 0 {
		return m
	}
	sorted := slices.Sorted(slices.Values(good))
	m.Median, m.Low, m.High, m.N = quantile(sorted, 0.5), quantile(sorted, 0.05), quantile(sorted, 0.95), len(good)
	return m
}

// quantile returns the q-quantile of sorted values, between two of them in a
// straight line.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// What is measured of a point. Latencies are in milliseconds.
func meanMS(p study.Point) float64    { return p.Mean / 1000 }
func p99MS(p study.Point) float64     { return p.P99 / 1000 }
func maxMS(p study.Point) float64     { return p.Max / 1000 }
func elapsed(p study.Point) float64   { return p.Elapsed }
func perSecond(p study.Point) float64 { return p.PerSecond() }

// pace returns how slow this machine was, NaN if that is unknown.
func pace(p study.Point) float64 {
	if p.Pace <= 0 {
		return math.NaN()
	}
	return p.Pace
}

// perCPUSecond returns requests for a second of processor time, NaN if that is
// unknown.
func perCPUSecond(p study.Point) float64 {
	if p.CPU <= 0 {
		return math.NaN()
	}
	return float64(p.Ops) / p.CPU
}

// cpuMS returns milliseconds of processor time of all nodes for a request.
func cpuMS(p study.Point) float64 {
	if p.Ops == 0 {
		return math.NaN()
	}
	return 1000 * p.CPU / float64(p.Ops)
}

// middleOf returns the median of values, which are not empty.
func middleOf(values []float64) float64 {
	return quantile(slices.Sorted(slices.Values(values)), 0.5)
}
