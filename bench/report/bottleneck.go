package report

import (
	"fmt"
	"math"
	"strings"

	"pikv/bench/study"
)

// nearLimit is from which use on something counts as what a figure is limited by.
const nearLimit = 0.75

// used is a place of a figure with what was used there.
type used struct {
	figure, what string // "F4" and "1 MB"
	points       []study.Point
	uses         []float64 // of the resources
	nearest      int       // which of them is nearest to its limit; -1 for none that is known
	largest      int       // the same of those that are not ofAll
}

// bottleneck answers the last part of the study's question.
func bottleneck(d *Data) *Figure {
	f := &Figure{Title: "Where is the bottleneck?", Question: "Which part is nearest to its limit, and how near is it?"}
	for _, t := range d.Run.Targets {
		all := d.resources(t)
		table := Table{Title: "Use of what there is, medians — " + d.title(t), Columns: []string{"way", "figure", "at", "requests/s"}}
		for _, r := range all {
			table.Columns = append(table.Columns, r.column)
		}
		table.Columns = append(table.Columns, "idle of this machine", "nearest to its limit")
		for _, mode := range []string{study.Direct, study.Proxied} {
			places := d.usedAt(t, mode, all)
			for _, at := range places {
				row := []string{way(mode), at.figure, at.what, with(measureOf(at.points, perSecond))}
				for _, use := range at.uses {
					row = append(row, knownShare(use))
				}
				table.Rows = append(table.Rows, append(row, shareText(idleShare(at.points)), at.nearestText(all)))
			}
			if len(places) > 0 {
				f.Conclusions = append(f.Conclusions, fmt.Sprintf("%s, %s: %s.", d.title(t), way(mode), d.bottleneckSaid(all, places)))
			}
		}
		if len(table.Rows) > 0 {
			f.Tables = append(f.Tables, table)
		}
	}
	if len(f.Tables) == 0 {
		return nil
	}
	f.Notes = []string{
		fmt.Sprintf("Percentages are the use of what is nearest to its limit, which counts as reached from %s on. Where nothing is near one, clients wait: for each other's answers, for a network's way, or for a period of a cap to end.", shareText(nearLimit)),
		"Use of a NIC is what the values alone take of what the slowest was measured to carry, in the busier way; frames and keys come on top, which for small values are more than they. Use of workers is their mean. The generator's is that of the processors which it may use at least.",
	}
	return f
}

// nearestText names the resource that is nearest to its limit.
func (u used) nearestText(all []resource) string {
	switch {
	case u.nearest < 0:
		return "–"
	case all[u.nearest].kind == ofAll && u.largest >= 0:
		return fmt.Sprintf("%s, most of it: %s", all[u.nearest].column, all[u.largest].column)
	default:
		return all[u.nearest].column
	}
}

// usedAt returns the main points of a target and a way: throughput of small values, and
// values of all sizes.
func (d *Data) usedAt(t study.Target, mode string, all []resource) (places []used) {
	add := func(figure, measure string, field func(study.Point) int, text func(int) string) {
		points := d.where(figureIs(figure), targetIs(t.Name), modeIs(mode), measureIs(measure))
		for _, at := range numbersOf(points, field) {
			u := used{figure: figure, what: text(at), points: only(points, func(p study.Point) bool { return field(p) == at }), nearest: -1, largest: -1}
			if !measureOf(u.points, perSecond).OK() {
				continue
			}
			for i, r := range all {
				m := measureOf(u.points, r.use)
				if !m.OK() {
					u.uses = append(u.uses, math.NaN())
					continue
				}
				u.uses = append(u.uses, m.Median)
				if r.kind != ofAll && (u.largest < 0 || m.Median > u.uses[u.largest]) {
					u.largest = i
				}
				if u.nearest = u.largest; r.kind == ofAll {
					u.nearest = i
				}
			}
			places = append(places, u)
		}
	}
	workers := func(n int) string { return count(n, "worker") }
	bytes := func(n int) string { return bytesText(float64(n)) }
	add("F1", study.Throughput, workersOf, workers)
	add("F4", study.Latency, sizeOf, bytes)
	add("F5", study.Latency, sizeOf, bytes)
	add("F6", study.Throughput, workersOf, workers)
	return places
}

// bottleneckSaid says which resource is nearest to its limit where.
func (d *Data) bottleneckSaid(all []resource, places []used) string {
	var parts []string
	add := func(before, after string, which func(used) int, holds func(used) bool) {
		if at := placesWhere(places, which, holds); at != "" {
			parts = append(parts, before+at+after)
		}
	}
	nearest, largest := func(u used) int { return u.nearest }, func(u used) int { return u.largest }
	full := func(u used) bool { return u.nearest >= 0 && u.uses[u.nearest] >= nearLimit }
	for i, r := range all {
		add(r.words+" the limit in ", "", nearest, func(u used) bool { return full(u) && u.nearest == i })
	}
	for i, r := range all {
		add("of them "+r.words+" most in ", "", largest, func(u used) bool { return full(u) && u.largest == i && all[u.nearest].kind == ofAll })
	}
	add("nothing is near its limit in ", "", nearest, func(u used) bool { return u.nearest >= 0 && !full(u) })
	add("but in ", " this machine had next to nothing left, and may be what is seen", nearest, func(u used) bool {
		limited, _ := d.limited(u.points)
		return limited && u.nearest >= 0 && all[u.nearest].kind == ofStore
	})
	if len(parts) == 0 {
		return "what was used is not known"
	}
	return strings.Join(parts, "; ")
}

// placesWhere lists places that a condition holds for, each with the use of one of the
// resources; "" for none.
func placesWhere(places []used, which func(used) int, holds func(used) bool) string {
	var figures []string
	what := make(map[string][]string) // of each figure
	for _, u := range places {
		if !holds(u) {
			continue
		}
		if what[u.figure] == nil {
			figures = append(figures, u.figure)
		}
		what[u.figure] = append(what[u.figure], fmt.Sprintf("%s: %s", u.what, shareText(u.uses[which(u)])))
	}
	for i, figure := range figures {
		figures[i] = fmt.Sprintf("%s (%s)", figure, strings.Join(what[figure], ", "))
	}
	return strings.Join(figures, ", ")
}

// knownShare is shareText of what may not be known.
func knownShare(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return shareText(x)
}
