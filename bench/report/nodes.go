package report

import (
	"fmt"

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
		f.Panels = append(f.Panels, workersPanel("f6-throughput-"+slug(t.Name), "Throughput", d.title(t)+"; "+workload(mine), mine))
		table := Table{
			Title:   "Requests per second, median (5th–95th percentile of the repeats) — " + d.title(t),
			Columns: []string{"way", "workers", "requests/s", "K", "K ÷ N", "generator's use of its processor", "repeats"},
		}
		for _, mode := range valuesOf(mine, modeOf) {
			way1 := only(mine, modeIs(mode))
			for _, w := range numbersOf(way1, workersOf) {
				at := only(way1, workersAre(w))
				rate, k := measureOf(at, perSecond), timesOne(way1, w)
				table.Rows = append(table.Rows, []string{way(mode), fmt.Sprint(w), with(rate), number(k), number(k / float64(w)), shareText(generatorShare(at)), fmt.Sprint(rate.N)})
			}
			if gain, few, many := scaling(way1); few == 1 && many > 1 {
				f.Conclusions = append(f.Conclusions, fmt.Sprintf("%s, %s: %d workers serve K = %s times what one does, %s of N.%s",
					d.title(t), way(mode), many, number(gain), number(gain/float64(many)), generatorSaid(only(way1, workersAre(many)))))
			}
		}
		f.Tables = append(f.Tables, table)
	}
	f.Notes = d.notesOn(all)
	return f
}

// timesOne returns throughput with w workers over that with one.
func timesOne(points []study.Point, w int) float64 {
	return measureOf(only(points, workersAre(w)), perSecond).Median / measureOf(only(points, workersAre(1)), perSecond).Median
}

// generatorShare returns how busy the load generator was, negative if nobody knows.
func generatorShare(points []study.Point) float64 {
	m := measureOf(points, func(p study.Point) float64 { return p.GeneratorShare })
	if !m.OK() {
		return -1
	}
	return m.Median
}

// generatorLimit is the use of its processor from which on the generator may be
// what is measured.
const generatorLimit = 0.85

func generatorSaid(points []study.Point) string {
	switch share := generatorShare(points); {
	case share < 0:
		return " How busy the generator was is not known."
	case share > generatorLimit:
		return fmt.Sprintf(" The generator was %s busy: the figure may be its limit, not the store's.", shareText(share))
	default:
		return fmt.Sprintf(" The generator was %s busy, and not the limit.", shareText(share))
	}
}

// shareText prints a share as percent.
func shareText(share float64) string {
	if share < 0 {
		return "–"
	}
	return number(100*share) + " %"
}
