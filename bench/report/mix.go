package report

import (
	"errors"
	"fmt"
	"strings"

	"pikv/bench/power"
	"pikv/bench/study"
)

// addMix adds a target to F10: how far each number of workers comes of what the best
// makes of a joule, for each size.
func (d *Data) addMix(f *Figure, t study.Target, points []study.Point) {
	table := Table{
		Title:   "Requests per joule, median (5th–95th percentile of the repeats) — " + d.title(t),
		Columns: []string{"value", "workers", "requests/s", "1/J, specification", "1/J, measured", "measured, of the best", "requests/s/$"},
	}
	p := Panel{
		Name: "f10-joule-" + slug(t.Name), Title: "Requests per joule, of the best number of workers", About: d.title(t) + "; watts by measurement; " + workload(points),
		Y: Axis{Label: "percent of the best"},
	}
	workers, sizes := numbersOf(points, workersOf), numbersOf(points, sizeOf)
	value := d.perJouleOf(power.Measured)
	for _, w := range workers {
		p.Series = append(p.Series, Series{Name: count(w, "worker"), Style: Style{Hue: HueDirect, Shade: shadeOf(w)}})
	}
	for _, size := range sizes {
		p.Categories = append(p.Categories, bytesText(float64(size)))
		best, most := bestCount(only(points, sizeIs(size)), value)
		for i, w := range workers {
			at := only(points, sizeIs(size), workersAre(w))
			m := measureOf(at, value)
			p.Series[i].Points = append(p.Series[i].Points, XY{0, scaled(m, 100/most)})
			table.Rows = append(table.Rows, []string{
				bytesText(float64(size)), fmt.Sprint(w), with(measureOf(at, perSecond)), with(measureOf(at, d.perJouleOf(power.Specification))), with(m),
				shareText(m.Median / most), with(measureOf(at, d.perDollarOf)),
			})
		}
		if best > 0 {
			text := fmt.Sprintf("%s, values of %s, of a joule: %s, %s requests", d.title(t), bytesText(float64(size)), bestText(only(points, sizeIs(size)), value, best), number(most))
			if dollar, rate := bestCount(only(points, sizeIs(size)), d.perDollarOf); dollar > 0 {
				text += fmt.Sprintf("; of a dollar: %s, %s requests per second", bestText(only(points, sizeIs(size)), d.perDollarOf, dollar), number(rate))
			}
			f.Conclusions = append(f.Conclusions, text+".")
		}
	}
	f.add(t, p)
	f.Tables = append(f.Tables, table)
	if _, err := d.nodesOf(points[0]); errors.Is(err, errNoModel) {
		f.Notes = append(f.Notes, fmt.Sprintf("%s: %v", d.title(t), err))
	}
}

// bestText says that so many workers are best, and how many others cannot be told from
// them: those whose bars of error overlap theirs.
func bestText(points []study.Point, value func(study.Point) float64, best int) string {
	top := measureOf(only(points, workersAre(best)), value)
	var alike []string
	for _, w := range numbersOf(points, workersOf) {
		if m := measureOf(only(points, workersAre(w)), value); m.OK() && m.High >= top.Low {
			alike = append(alike, fmt.Sprint(w)) // the best, too
		}
	}
	last := len(alike) - 1
	switch {
	case last > 0:
		return fmt.Sprintf("no difference between %s and %s workers, whose bars overlap", strings.Join(alike[:last], ", "), alike[last])
	case best == 1:
		return "1 worker makes the most of it"
	default:
		return count(best, "worker") + " make the most of it"
	}
}

// bestCount returns the number of workers with the highest median of value, and that
// median; 0 if there is none.
func bestCount(points []study.Point, value func(study.Point) float64) (best int, most float64) {
	for _, w := range numbersOf(points, workersOf) {
		if m := measureOf(only(points, workersAre(w)), value); m.OK() && m.Median > most {
			best, most = w, m.Median
		}
	}
	return best, most
}

// scaled returns m times a factor.
func scaled(m Measure, factor float64) Measure {
	s := Measure{Median: m.Median * factor, Low: m.Low * factor, High: m.High * factor, N: m.N, Suspect: m.Suspect}
	for _, v := range m.Marked {
		s.Marked = append(s.Marked, v*factor)
	}
	return s
}
