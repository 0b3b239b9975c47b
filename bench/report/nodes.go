package report

import (
	"fmt"
	"math"

	"pikv/bench/study"
)

// oneAgainstMany is the study's question whether N workers are K times better than
// one.
func oneAgainstMany(d *Data) Figure {
	all := d.where(figureIs("F6"))
	f := Figure{
		ID: "F6", Title: "One node against several",
		Question: "Are N workers K times as good as a single one, and how close is K to N?",
	}
	for _, t := range d.targets(all) {
		mine := only(all, targetIs(t.Name))
		f.add(t, workersPanel("f6-throughput-"+slug(t.Name), "Throughput", d.title(t)+"; "+workload(mine), mine))
		table := Table{
			Title:   "Requests per second, median (5th–95th percentile of the repeats) — " + d.title(t),
			Columns: []string{"way", "workers", "requests/s", "K", "K ÷ N", "generator's use of its processors", "idle of this machine", "repeats"},
		}
		for _, mode := range valuesOf(mine, modeOf) {
			way1 := only(mine, modeIs(mode))
			workers := numbersOf(way1, workersOf)
			for _, w := range workers {
				at := only(way1, workersAre(w))
				rate, k := measureOf(at, perSecond), timesOne(mine, mode, w)
				table.Rows = append(table.Rows, []string{
					way(mode), fmt.Sprint(w), with(rate), number(k), number(k / float64(w)), shareText(generatorShare(at)), shareText(idleShare(at)), fmt.Sprint(rate.N),
				})
			}
			if many := workers[len(workers)-1]; many > 1 && !math.IsNaN(timesOne(mine, mode, many)) {
				gain := timesOne(mine, mode, many)
				_, busy := d.limited(only(way1, workersAre(many)))
				f.Conclusions = append(f.Conclusions, fmt.Sprintf("%s, %s: %d workers serve K = %s times what a single node does that clients ask directly, %s of N. %s.",
					d.title(t), way(mode), many, number(gain), number(gain/float64(many)), capital(busy)))
			}
		}
		f.Tables = append(f.Tables, table)
	}
	f.Notes = d.notesOn(all)
	return f
}

// timesOne returns throughput by a way with w workers over that of a single node, which
// has no master before it; NaN if one of them was not measured.
func timesOne(points []study.Point, mode string, w int) float64 {
	many, one := measureOf(only(points, modeIs(mode), workersAre(w)), perSecond), measureOf(only(points, modeIs(study.Direct), workersAre(1)), perSecond)
	if !many.OK() || !one.OK() {
		return math.NaN()
	}
	return many.Median / one.Median
}

// medianShare prints the median of shares as percent.
func medianShare(points []study.Point, value func(study.Point) float64) string {
	m := measureOf(points, value)
	if !m.OK() {
		return "–"
	}
	return shareText(m.Median)
}

// shareText prints a share as percent.
func shareText(share float64) string {
	if share < 0 {
		return "–"
	}
	return number(100*share) + " %"
}
