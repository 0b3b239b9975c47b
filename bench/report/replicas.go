package report

import (
	"fmt"
	"slices"
	"strings"

	"pikv/bench/study"
)

// copies is what replication costs.
func copies(d *Data) Figure {
	all := d.where(figureIs("F8"))
	f := Figure{
		ID: "F8", Title: "One, two and three copies",
		Question: "What does it cost that a write is on several workers before it is answered?",
	}
	for _, t := range d.targets(all) {
		for _, kind := range []struct {
			measure, name, title, unit string
			value                      func(study.Point) float64
			slowCore                   bool // it is of simulated computers alone
		}{
			{study.Throughput, "throughput", "Throughput", "requests per second", perSecond, false},
			{study.Latency, "mean", "Mean latency", "latency (ms)", meanMS, false},
			{study.Latency, "mean-corrected", "Mean latency, with a slow core's time added", "latency (ms)", d.corrected(meanMS), true},
		} {
			mine := only(all, targetIs(t.Name), measureIs(kind.measure))
			if len(mine) == 0 || kind.slowCore && !simulated(t) {
				continue
			}
			panel := Panel{Name: "f8-" + kind.name + "-" + slug(t.Name), Title: kind.title, About: d.title(t) + "; " + workload(mine), Y: Axis{Label: kind.unit}}
			table := Table{Title: fmt.Sprintf("%s (%s), median (5th–95th percentile of the repeats) — %s", kind.title, kind.unit, d.title(t)), Columns: []string{"way", "of"}}
			replicas := numbersOf(mine, replicasOf)
			for _, r := range replicas {
				table.Columns = append(table.Columns, fmt.Sprint(r))
			}
			panel.Categories = copyNames(replicas)
			for _, mode := range valuesOf(mine, modeOf) {
				for _, op := range valuesOf(mine, opOf) {
					s := barsOf(fmt.Sprintf("%s, %s", opText(op), way(mode)), Style{Hue: hueOf(study.Pikv, mode), Shade: shadeOfOp(op)}, byReplicas(only(mine, modeIs(mode), opIs(op)), replicas), kind.value)
					panel.Series = append(panel.Series, s)
					row := []string{way(mode), opText(op)}
					for _, at := range s.Points {
						row = append(row, with(at.Y))
					}
					table.Rows = append(table.Rows, row)
				}
			}
			f.add(t, panel)
			f.Tables = append(f.Tables, table)
			if kind.measure == study.Throughput {
				f.Conclusions = append(f.Conclusions, d.copiesSaid(t, mine, replicas)...)
			}
		}
	}
	f.Notes = d.notesOn(all)
	if slices.ContainsFunc(d.targets(all), simulated) {
		f.Notes = append(f.Notes, slowCoreNote)
	}
	return f
}

// copyNames names groups of bars.
func copyNames(replicas []int) []string {
	var names []string
	for _, r := range replicas {
		if r == 1 {
			names = append(names, "1 copy")
		} else {
			names = append(names, fmt.Sprintf("%d copies", r))
		}
	}
	return names
}

func shadeOfOp(op string) int {
	if op == study.Put {
		return 3
	}
	return 1
}

func byReplicas(points []study.Point, replicas []int) [][]study.Point {
	var groups [][]study.Point
	for _, r := range replicas {
		groups = append(groups, only(points, func(p study.Point) bool { return p.Replicas == r }))
	}
	return groups
}

// copiesSaid is what the figure says about a target.
func (d *Data) copiesSaid(t study.Target, points []study.Point, replicas []int) []string {
	var said []string
	for _, mode := range valuesOf(points, modeOf) {
		for _, op := range valuesOf(points, opOf) {
			groups := byReplicas(only(points, modeIs(mode), opIs(op)), replicas)
			one := measureOf(groups[0], perSecond)
			var parts []string
			for i := 1; i < len(replicas); i++ {
				if m := measureOf(groups[i], perSecond); m.OK() && one.OK() {
					parts = append(parts, fmt.Sprintf("%s make %s as many %s per second as %s", copyNames(replicas)[i], times(m.Median/one.Median), opText(op), copyNames(replicas)[0]))
				}
			}
			if len(parts) > 0 {
				said = append(said, fmt.Sprintf("%s, %s: %s.", d.title(t), way(mode), strings.Join(parts, "; ")))
			}
		}
	}
	return said
}
