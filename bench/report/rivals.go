package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pikv/bench/study"
)

// rivals is the same design in C.
func rivals(d *Data) Figure {
	all := d.where(figureIs("F9"))
	f := Figure{
		ID: "F9", Title: "The same design in C",
		Question: "What do Redis Cluster, and memcached behind the same ring, make of the same hardware?",
	}
	for _, t := range d.targets(all) {
		mine := only(all, targetIs(t.Name))
		sizes := numbersOf(mine, sizeOf)
		small := sizes[0]
		if slow := only(mine, sizeIs(small), measureIs(study.Latency)); len(slow) > 0 && small < study.Megabyte {
			f.add(t, d.storesByClients("f9-mean-"+slug(t.Name), "Mean latency", t, slow, meanMS))
			if simulated(t) {
				f.add(t, d.storesByClients("f9-mean-corrected-"+slug(t.Name), "Mean latency, with a slow core's time added", t, slow, d.corrected(meanMS)))
			}
		}
		if fast := only(mine, measureIs(study.Throughput)); len(fast) > 0 {
			f.add(t, d.storesPanel("f9-throughput-"+slug(t.Name), "Throughput", "requests per second", t, fast, perSecond))
		}
		for _, size := range sizes {
			f.add(t, d.storesPanel(fmt.Sprintf("f9-cpu-%s-%s", slug(bytesText(float64(size))), slug(t.Name)),
				"Requests per second of processor time", "requests per CPU second", t, costed(mine, size), perCPUSecond))
		}
		if large := only(mine, sizeIs(study.Megabyte), measureIs(study.Latency)); len(large) > 0 {
			panel, table := d.elapsedPanel("f9-elapsed-"+slug(t.Name), t, large, storesOf(large), storeOf, storeName)
			f.add(t, panel)
			f.Tables = append(f.Tables, table)
		}
		f.Tables = append([]Table{d.rivalsTable(t, mine, sizes)}, f.Tables...)
		f.Conclusions = append(f.Conclusions, d.rivalsSaid(t, mine, sizes)...)
	}
	f.Notes = d.notesOn(all)
	if slices.ContainsFunc(d.targets(all), simulated) {
		f.Notes = append(f.Notes, slowCoreNote)
	}
	return f
}

// storesByClients draws a latency against clients, a line for each store.
func (d *Data) storesByClients(name, title string, t study.Target, points []study.Point, value func(study.Point) float64) Panel {
	p := Panel{
		Name: name, Title: title, About: d.title(t) + "; " + workload(points),
		X: Axis{Label: "clients"}, Y: Axis{Label: "latency (ms)", Log: true},
	}
	for _, store := range storesOf(points) {
		p.Series = append(p.Series, seriesOf(storeName(store), Style{Hue: hueOf(store, study.Direct), Shade: 3}, only(points, storeIs(store)), clientsOf, value))
	}
	return p
}

// storeName names a store to readers.
func storeName(store string) string {
	switch store {
	case study.Redis:
		return "Redis Cluster"
	case study.Memcached:
		return "memcached"
	default:
		return store
	}
}

// storesOf returns the stores of points, always in the same order.
func storesOf(points []study.Point) []string {
	there := valuesOf(points, storeOf)
	return slices.DeleteFunc([]string{study.Pikv, study.Redis, study.Memcached}, func(store string) bool { return !slices.Contains(there, store) })
}

// costed returns the points by which stores' costs are compared: those of the
// fixed workload if there are any, since all stores then do the same.
func costed(points []study.Point, size int) []study.Point {
	if fixed := only(points, sizeIs(size), measureIs(study.Latency)); len(fixed) > 0 {
		return fixed
	}
	return only(points, sizeIs(size))
}

// storesPanel draws a bar for each store.
func (d *Data) storesPanel(name, title, unit string, t study.Target, points []study.Point, value func(study.Point) float64) Panel {
	p := Panel{Name: name, Title: title, About: d.title(t) + "; " + workload(points), Y: Axis{Label: unit}, OnePerGroup: true}
	stores := storesOf(points)
	for i, store := range stores {
		s := Series{Name: storeName(store), Style: Style{Hue: hueOf(store, study.Direct), Shade: 3}, Points: make([]XY, len(stores))}
		s.Points[i] = XY{float64(i), measureOf(only(points, storeIs(store)), value)}
		p.Categories, p.Series = append(p.Categories, storeName(store)), append(p.Series, s)
	}
	return p
}

// rivalsTable has all numbers of a target.
func (d *Data) rivalsTable(t study.Target, points []study.Point, sizes []int) Table {
	table := Table{
		Title:   "Median (5th–95th percentile of the repeats) — " + d.title(t),
		Columns: []string{"store", "value", "measure", "clients", "requests/s", "mean (ms)", "mean, slow core added (ms)", "p99 (ms)", "requests per CPU second", "repeats"},
	}
	for _, store := range storesOf(points) {
		for _, size := range sizes {
			for _, measure := range []string{study.Latency, study.Throughput} {
				row := only(points, storeIs(store), sizeIs(size), measureIs(measure))
				for _, c := range numbersOf(row, clientsOf) {
					at := only(row, func(p study.Point) bool { return p.Clients == c })
					mean := measureOf(at, meanMS)
					table.Rows = append(table.Rows, []string{
						storeName(store), bytesText(float64(size)), measure, fmt.Sprint(c), with(measureOf(at, perSecond)), with(mean), with(measureOf(at, d.corrected(meanMS))), with(measureOf(at, p99MS)),
						with(measureOf(at, perCPUSecond)), fmt.Sprint(mean.N),
					})
				}
			}
		}
	}
	return table
}

// costRatio returns requests per CPU second of pikv over those of another store, as
// the median over the places where both were measured: so many clients with values
// of so many bytes.
func costRatio(points []study.Point, other string, size int) float64 {
	at := costed(points, size)
	var ratios []float64
	for _, c := range numbersOf(at, clientsOf) {
		place := only(at, func(p study.Point) bool { return p.Clients == c })
		ours, theirs := measureOf(only(place, storeIs(study.Pikv)), perCPUSecond), measureOf(only(place, storeIs(other)), perCPUSecond)
		if ours.OK() && theirs.OK() {
			ratios = append(ratios, ours.Median/theirs.Median)
		}
	}
	if len(ratios) == 0 {
		return math.NaN()
	}
	return middleOf(ratios)
}

// rivalsSaid is what the figure says about a target.
func (d *Data) rivalsSaid(t study.Target, points []study.Point, sizes []int) []string {
	var said []string
	for _, store := range storesOf(points) {
		if store == study.Pikv {
			continue
		}
		var parts []string
		for _, size := range sizes {
			if ratio := costRatio(points, store, size); !math.IsNaN(ratio) {
				parts = append(parts, fmt.Sprintf("%s its requests per second of processor time with values of %s", times(ratio), bytesText(float64(size))))
			}
		}
		if len(parts) > 0 {
			said = append(said, fmt.Sprintf("%s, beside %s: pikv makes %s.", d.title(t), storeName(store), strings.Join(parts, ", ")))
		}
	}
	return said
}
