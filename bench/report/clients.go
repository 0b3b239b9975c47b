package report

import (
	"fmt"
	"math"
	"slices"

	"pikv/bench/study"
)

// latencyByClients is the study's first figure.
func latencyByClients(d *Data) Figure {
	f := Figure{
		ID: "F1", Title: "Latency against clients",
		Question: "How long does a small request take when more clients ask, and do more workers help?",
	}
	all := d.where(figureIs("F1"))
	for _, t := range d.targets(all) {
		mine := only(all, targetIs(t.Name))
		slow, fast := only(mine, measureIs(study.Latency)), only(mine, measureIs(study.Throughput))
		about := d.title(t) + "; " + workload(slow)
		if len(slow) > 0 {
			f.add(t,
				d.clientsPanel(t, "mean", "Mean latency", about, slow, meanMS),
				withLevel(d.clientsPanel(t, "max", "Longest request", about, slow, maxMS), "the study's 100 ms", studyMaxMS))
			if simulated(t) {
				f.add(t, withLevel(d.clientsPanel(t, "max-corrected", "Longest request, with a slow core's time added", about, slow, d.corrected(maxMS)),
					"the study's 100 ms", studyMaxMS))
			}
			f.Tables = append(f.Tables, d.clientsTable(t, slow))
		}
		if len(fast) > 0 {
			f.add(t, workersPanel("f1-throughput-"+slug(t.Name), "Throughput", d.title(t)+"; "+workload(fast), fast))
		}
		f.Conclusions = append(f.Conclusions, d.clientsSaid(t, slow, fast)...)
	}
	f.Notes = d.notesOn(all)
	if slices.ContainsFunc(d.targets(all), simulated) {
		f.Notes = append(f.Notes, slowCoreNote)
	}
	return f
}

const slowCoreNote = "A quota caps what a simulated computer does in a second, not how fast its core does one thing. “With a slow core's time added” adds " +
	"the processor time per request × (1 ÷ core speed − 1 ÷ dilation) to each latency: the most that can be missing."

// studyMaxMS is the longest latency that the study saw, in milliseconds.
const studyMaxMS = 100

// workload says what a figure's points have in common.
func workload(points []study.Point) string {
	if len(points) == 0 {
		return ""
	}
	text := ""
	if sizes := numbersOf(points, sizeOf); len(sizes) == 1 {
		text = "values of " + bytesText(float64(sizes[0])) + ", "
	}
	if ops := valuesOf(points, opOf); len(ops) == 1 {
		text += opText(ops[0]) + ", "
	}
	if clients := numbersOf(points, clientsOf); len(clients) == 1 {
		text += count(clients[0], "client") + ", "
	}
	if workers := numbersOf(points, workersOf); len(workers) == 1 {
		text += count(workers[0], "worker") + ", "
	}
	return text[:max(0, len(text)-2)]
}

// clientsPanel draws a latency against clients, a line for each way and number of
// workers.
func (d *Data) clientsPanel(t study.Target, name, title, about string, points []study.Point, value func(study.Point) float64) Panel {
	p := Panel{
		Name: "f1-" + name + "-" + slug(t.Name), Title: title, About: about,
		X: Axis{Label: "clients"}, Y: Axis{Label: "latency (ms)", Log: true},
	}
	for _, mode := range valuesOf(points, modeOf) {
		for _, w := range numbersOf(points, workersOf) {
			line := only(points, modeIs(mode), workersAre(w))
			p.Series = append(p.Series, seriesOf(fmt.Sprintf("%s, %s", way(mode), count(w, "worker")), Style{Hue: hueOf(study.Pikv, mode), Shade: shadeOf(w)}, line, clientsOf, value))
		}
	}
	return p
}

// withLevel adds a level to compare with.
func withLevel(p Panel, label string, level float64) Panel {
	p.Floors = append(p.Floors, Floor{Label: label, Style: Style{Hue: HueFloor}, Points: [][2]float64{{0, level}}})
	return p
}

// workersPanel draws throughput against workers, with N times one worker.
func workersPanel(name, title, about string, points []study.Point) Panel {
	p := Panel{
		Name: name, Title: title, About: about,
		X: Axis{Label: "workers"}, Y: Axis{Label: "requests per second"},
	}
	workers := numbersOf(points, workersOf)
	for _, mode := range valuesOf(points, modeOf) {
		p.Series = append(p.Series, seriesOf(way(mode), Style{Hue: hueOf(study.Pikv, mode), Shade: 3}, only(points, modeIs(mode)), workersOf, perSecond))
	}
	if one := measureOf(only(points, modeIs(study.Direct), workersAre(1)), perSecond); one.OK() && len(workers) > 1 {
		last := float64(workers[len(workers)-1])
		p.Floors = append(p.Floors, Floor{Label: "N × one worker", Style: Style{Hue: HueFloor}, Points: [][2]float64{{1, one.Median}, {last, last * one.Median}}})
	}
	return p
}

// clientsTable has the numbers of the latency panels.
func (d *Data) clientsTable(t study.Target, points []study.Point) Table {
	table := Table{
		Title:   "Latency in ms, median (5th–95th percentile of the repeats) — " + d.title(t),
		Columns: []string{"way", "workers", "clients", "mean", "p99", "longest", "longest, slow core added", "CPU per request (ms)", "repeats"},
	}
	for _, mode := range valuesOf(points, modeOf) {
		for _, w := range numbersOf(points, workersOf) {
			for _, c := range numbersOf(points, clientsOf) {
				at := only(points, modeIs(mode), workersAre(w), func(p study.Point) bool { return p.Clients == c })
				if len(at) == 0 {
					continue
				}
				table.Rows = append(table.Rows, []string{
					way(mode), fmt.Sprint(w), fmt.Sprint(c), with(measureOf(at, meanMS)), with(measureOf(at, p99MS)), with(measureOf(at, maxMS)),
					with(measureOf(at, d.corrected(maxMS))), number(measureOf(at, cpuMS).Median), fmt.Sprint(measureOf(at, meanMS).N),
				})
			}
		}
	}
	return table
}

// clientsSaid is what the figure says about a target.
func (d *Data) clientsSaid(t study.Target, slow, fast []study.Point) []string {
	var said []string
	for _, mode := range valuesOf(slow, modeOf) {
		workers, clients := numbersOf(slow, workersOf), numbersOf(slow, clientsOf)
		most := workers[len(workers)-1]
		at := func(c int) Measure {
			return measureOf(only(slow, modeIs(mode), workersAre(most), func(p study.Point) bool { return p.Clients == c }), meanMS)
		}
		from, to := at(clients[0]), at(clients[len(clients)-1])
		text := fmt.Sprintf("%s, %s: from %d to %d clients the mean latency with %s goes from %s to %s ms", d.title(t), way(mode), clients[0], clients[len(clients)-1],
			count(most, "worker"), number(from.Median), number(to.Median))
		longest, fixed := d.longest(only(slow, modeIs(mode)))
		if !math.IsNaN(longest) {
			text += fmt.Sprintf("; the longest request of all took %s ms, %s the study's %d ms", number(longest), sideOf(longest, studyMaxMS), studyMaxMS)
			if simulated(t) {
				text += fmt.Sprintf(" (%s ms with a slow core's time added)", number(fixed))
			}
		}
		said = append(said, text+".")
	}
	for _, mode := range valuesOf(fast, modeOf) {
		if gain, few, many := scaling(only(fast, modeIs(mode))); few < many {
			said = append(said, fmt.Sprintf("%s, %s: %s serve %s as many requests per second as %s.", d.title(t), way(mode), count(many, "worker"), times(gain), count(few, "worker")))
		}
	}
	return said
}

// sideOf says on which side of a level a value is.
func sideOf(value, level float64) string {
	if value < level {
		return "below"
	}
	return "above"
}

// longest returns the longest latency in ms among the repeats that count, and the
// longest with the time that a slow core would add.
func (d *Data) longest(points []study.Point) (raw, fixed float64) {
	raw, fixed = math.NaN(), math.NaN()
	for _, p := range points {
		if p.Suspect() == "" && p.Ops > 0 {
			raw, fixed = fmax(raw, maxMS(p)), fmax(fixed, maxMS(p)+d.slower(p))
		}
	}
	return raw, fixed
}

// fmax is the larger of two, or the one that is a number.
func fmax(a, b float64) float64 {
	if math.IsNaN(a) || b > a {
		return b
	}
	return a
}

// scaling returns throughput with the most workers over that with the fewest, and
// how many these are.
func scaling(points []study.Point) (gain float64, few, many int) {
	workers := numbersOf(points, workersOf)
	if len(workers) == 0 {
		return math.NaN(), 0, 0
	}
	few, many = workers[0], workers[len(workers)-1]
	return measureOf(only(points, workersAre(many)), perSecond).Median / measureOf(only(points, workersAre(few)), perSecond).Median, few, many
}
