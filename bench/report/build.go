package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"pikv/bench/power"
	"pikv/bench/study"
)

// Report is everything that is computed of a folder.
type Report struct {
	Data    *Data
	Figures []Figure // those that were asked for, in order
	Claims  []Claim
	Goals   []Goal
	// Bottleneck says what was nearest to its limit, without plots; nil if nothing is known.
	Bottleneck *Figure
	// Agreement compares the run with a second one; nil if there is none.
	Agreement *Table
	Written   time.Time
}

// Build computes a report.
func Build(d *Data, now time.Time) *Report {
	r := &Report{Data: d, Written: now}
	for _, f := range []func(*Data) Figure{latencyByClients, perJoule, perDollar, latencyBySize, largeWrites, oneAgainstMany, timelines, copies, rivals, bestMix} {
		figure := f(d)
		if slices.Contains(d.Run.Figures, figure.ID) {
			r.Figures = append(r.Figures, figure)
		}
	}
	r.Claims = claims(d.trusted())
	r.Goals = goals(d.trusted())
	r.Bottleneck = bottleneck(d)
	return r
}

// Missing returns what was asked for and is not there: each figure of each target of
// which nothing is shown, or one of whose plots is empty, as "F1 of x86". A figure that
// cannot be measured on a target is not missing there.
func (r *Report) Missing() []string {
	var missing []string
	for _, f := range r.Figures {
		for _, t := range r.Data.Run.Targets {
			if t.Without[f.ID] == "" && !f.complete(t) {
				missing = append(missing, f.ID+" of "+t.Name)
			}
		}
		if len(r.Data.Run.Targets) == 0 {
			missing = append(missing, f.ID)
		}
	}
	return missing
}

// trusted returns the data that claims and goals are judged by: without repeats that are
// suspect, and without targets whose computers were throttled.
func (d *Data) trusted() *Data {
	return &Data{Run: d.Run, Samples: d.Samples, Points: d.where(func(p study.Point) bool {
		t, _ := d.Run.Target(p.Target)
		return p.Suspect() == "" && t.Throttled == ""
	})}
}

// targets returns the targets that points are of, in the run's order.
func (d *Data) targets(points []study.Point) []study.Target {
	names := valuesOf(points, func(p study.Point) string { return p.Target })
	return slices.DeleteFunc(slices.Clone(d.Run.Targets), func(t study.Target) bool { return !slices.Contains(names, t.Name) })
}

// title names a target to readers.
func (d *Data) title(t study.Target) string { return targetTitle(t, d.Run.Machine) }

// only filters points that were chosen already.
func only(points []study.Point, conditions ...func(study.Point) bool) []study.Point {
	return (&Data{Points: points}).where(conditions...)
}

// seriesOf makes a line: value against x.
func seriesOf(name string, style Style, points []study.Point, x func(study.Point) int, value func(study.Point) float64) Series {
	s := Series{Name: name, Style: style}
	for _, at := range numbersOf(points, x) {
		s.Points = append(s.Points, XY{float64(at), measureOf(only(points, func(p study.Point) bool { return x(p) == at }), value)})
	}
	return s
}

// barsOf makes a bar in each category: value of the points that belong to it.
func barsOf(name string, style Style, categories [][]study.Point, value func(study.Point) float64) Series {
	s := Series{Name: name, Style: style}
	for i, points := range categories {
		s.Points = append(s.Points, XY{float64(i), measureOf(points, value)})
	}
	return s
}

// notesOn says what is suspect about points.
func (d *Data) notesOn(points []study.Point) []string {
	var notes []string
	for _, t := range d.targets(points) {
		if t.Throttled != "" {
			notes = append(notes, fmt.Sprintf("%s: the figures are invalid, computers were throttled: %s.", d.title(t), t.Throttled))
		}
		mine := only(points, targetIs(t.Name))
		for _, mark := range valuesOf(mine, func(p study.Point) string { return p.Mark }) {
			if mark == "" {
				continue
			}
			marked := only(mine, func(p study.Point) bool { return p.Mark == mark })
			notes = append(notes, fmt.Sprintf("%s: %s of %d marked “%s” (%s); red crosses, which do not count.",
				d.title(t), count(len(marked), "repeat"), len(mine), mark, placesOf(marked)))
		}
		notes = append(notes, d.failures(t, mine)...)
		if stolen := only(mine, func(p study.Point) bool { return p.Steal > study.MostSteal }); len(stolen) > 0 {
			worst := slices.MaxFunc(stolen, func(a, b study.Point) int { return int(math.Copysign(1, a.Steal-b.Steal)) })
			notes = append(notes, fmt.Sprintf("%s: during %d of %s more than %d %% of the processor time went to other guests of the host (at worst %s %%), however often they were tried; red crosses, which do not count.",
				d.title(t), len(stolen), count(len(mine), "repeat"), study.MostSteal, number(worst.Steal)))
		}
		if disturbed := only(mine, func(p study.Point) bool { return p.Others > study.MostOthers }); len(disturbed) > 0 {
			notes = append(notes, fmt.Sprintf("%s: during %d of %s more than %d %% of the processor time went to what is neither store nor load generator (%s): were other programs running?",
				d.title(t), len(disturbed), count(len(mine), "repeat"), study.MostOthers, placesOf(disturbed)))
		}
	}
	return notes
}

// failures says which requests failed.
func (d *Data) failures(t study.Target, points []study.Point) []string {
	var failed, ops int64
	for _, p := range points {
		failed, ops = failed+p.Failed, ops+p.Ops
	}
	if failed == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %s of %s requests failed; they are in no latency.", d.title(t), number(float64(failed)), number(float64(failed+ops)))}
}

// placesOf says where in a figure points are.
func placesOf(points []study.Point) string {
	places := valuesOf(points, func(p study.Point) string {
		return fmt.Sprintf("%s %s, %s, %s, %s", p.Store, way(p.Mode), count(p.Workers, "worker"), count(p.Clients, "client"), bytesText(float64(p.ValueBytes)))
	})
	if len(places) > 3 {
		return strings.Join(places[:3], "; ") + fmt.Sprintf("; and %d more places", len(places)-3)
	}
	return strings.Join(places, "; ")
}

// slower returns milliseconds that a request of p would take longer, at most, on a
// core of its target's own than on the slice of a core that played it.
func (d *Data) slower(p study.Point) float64 {
	t, _ := d.Run.Target(p.Target)
	if t.Kind != study.KindSimulated || t.CoreSpeed <= 0 || p.Ops == 0 {
		return 0
	}
	cpu := time.Duration(p.CPU / float64(p.Ops) * float64(time.Second))
	return float64(power.Slower(cpu, power.Core{Speed: 1, Dilation: max(p.Dilation, 1)}, t.CoreSpeed)) / float64(time.Millisecond)
}

// corrected adds slower to a latency.
func (d *Data) corrected(latency func(study.Point) float64) func(study.Point) float64 {
	return func(p study.Point) float64 { return latency(p) + d.slower(p) }
}

// simulated reports whether a target is.
func simulated(t study.Target) bool { return t.Kind == study.KindSimulated }
