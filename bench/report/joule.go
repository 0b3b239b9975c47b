package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pikv/bench/power"
	"pikv/bench/study"
)

// setup is a group of bars of F2 and F3: computers, and the points that they made.
type setup struct {
	label  string // of the group
	words  string // in a sentence
	server bool
	target string // its name
	points []study.Point
}

// setups returns what F2 and F3 compare: each number of small computers, and the
// server that stands for this machine, as it was measured and as it would be if all
// of it were busy.
func (d *Data) setups() []setup {
	all := d.where(figureIs("F1"), measureIs(study.Throughput))
	var found []setup
	for _, t := range d.targets(all) {
		mine := only(all, targetIs(t.Name))
		if t.Kind != study.KindMachine {
			for _, w := range numbersOf(mine, workersOf) {
				name := fmt.Sprintf("%d × %s", w+1, shortName(t.Model))
				label, words := name, name
				if simulated(t) {
					label, words = label+"\n(simulated)", "simulated "+words
				}
				found = append(found, setup{label: label, words: words, target: t.Name, points: only(mine, workersAre(w))})
			}
			continue
		}
		best := bestWorkers(mine)
		some := only(mine, workersAre(best))
		var projected []study.Point
		for _, p := range some {
			projected = append(projected, d.whole(p))
		}
		found = append(found,
			setup{label: "server,\nas measured", words: "the server, as busy as it was", server: true, target: t.Name, points: some},
			setup{label: "whole server\n(projected)", words: "the server, projected to all its cores", server: true, target: t.Name, points: projected})
	}
	return found
}

// bestWorkers returns the number of workers with the highest throughput.
func bestWorkers(points []study.Point) int {
	workers := numbersOf(points, workersOf)
	return slices.MaxFunc(workers, func(a, b int) int {
		if measureOf(only(points, workersAre(a), modeIs(study.Direct)), perSecond).Median < measureOf(only(points, workersAre(b), modeIs(study.Direct)), perSecond).Median {
			return -1
		}
		return 1
	})
}

// shortName leaves out of a model what a plot has no room for.
func shortName(model string) string {
	return strings.ReplaceAll(model, "Raspberry ", "")
}

// standIn says what stands for the machine that ran.
func (d *Data) standIn() string {
	return fmt.Sprintf("Nothing says what the machine of the run (%s) draws. A %s stands for it, of which as much is busy as the run used, or, projected by processor time alone, all of it. "+
		"Its price is not known; that of %s stands for it: of an older and weaker machine, for less than the processor alone of such a server is sold new, so that it flatters the server.", shortModel(d.Run.Machine), serverModel, serverPriceModel)
}

// setupsPanel draws value for each setup and way.
func (d *Data) setupsPanel(name, title, unit string, setups []setup, value func(study.Point) float64) Panel {
	p := Panel{Name: name, Title: title, Y: Axis{Label: unit}}
	var points []study.Point
	var categories [][]study.Point
	for _, s := range setups {
		p.Categories, p.Of = append(p.Categories, s.label), append(p.Of, s.target)
		categories, points = append(categories, s.points), append(points, s.points...)
	}
	p.About = workload(points)
	for _, mode := range []string{study.Direct, study.Proxied} {
		var mine [][]study.Point
		for _, c := range categories {
			mine = append(mine, only(c, modeIs(mode)))
		}
		if s := barsOf(way(mode), Style{Hue: hueOf(study.Pikv, mode), Shade: 3}, mine, value); anyOK(s) {
			p.Series = append(p.Series, s)
		}
	}
	return p
}

// setupLine is what tables have of a setup and a way.
type setupLine struct {
	setup
	points []study.Point // of that way
	cells  []string      // computers, way, and requests per second
}

func linesOf(setups []setup) (all []setupLine) {
	for _, s := range setups {
		for _, mode := range valuesOf(s.points, modeOf) {
			at := only(s.points, modeIs(mode))
			all = append(all, setupLine{s, at, []string{strings.ReplaceAll(s.label, "\n", " "), way(mode), with(measureOf(at, perSecond))}})
		}
	}
	return all
}

func anyOK(s Series) bool { return slices.ContainsFunc(s.Points, func(x XY) bool { return x.Y.OK() }) }

// perJoule is the study's performance per watt.
func perJoule(d *Data) Figure {
	f := Figure{
		ID: "F2", Title: "Requests per joule",
		Question: "What does a watt give, on many small computers and on a large one?",
	}
	setups := d.setups()
	if len(setups) == 0 {
		return f
	}
	table := Table{
		Title:   "Requests per joule (median)",
		Columns: []string{"computers", "way", "requests/s", "use of the master's processors", "of the workers'", "W, specification", "1/J, specification", "W, measured", "1/J, measured"},
	}
	for _, basis := range power.Bases() {
		p := d.setupsPanel("f2-"+string(basis), "Requests per joule, watts by "+basisText(basis), "requests per joule", setups, d.perJouleOf(basis))
		p.Floors = append(p.Floors, Floor{Label: fmt.Sprintf("FAWN-KV: about %d, from flash", power.FAWNQueriesPerJoule), Style: Style{Hue: HueFloor}, Points: [][2]float64{{0, power.FAWNQueriesPerJoule}}})
		f.Panels = append(f.Panels, p)
		f.Conclusions = append(f.Conclusions, d.joulesSaid(basis, setups)...)
	}
	for _, l := range linesOf(setups) {
		row := append(l.cells, medianShare(l.points, d.masterUse), medianShare(l.points, d.workersUse))
		for _, basis := range power.Bases() {
			row = append(row, number(measureOf(l.points, func(p study.Point) float64 { return orNaN(d.wattsOf(p, basis)) }).Median), with(measureOf(l.points, d.perJouleOf(basis))))
		}
		table.Rows = append(table.Rows, row)
	}
	f.Tables = []Table{table}
	if other := d.otherMachines(); len(other.Rows) > 0 {
		f.Tables = append(f.Tables, other)
	}
	f.Notes = append(d.missingWatts(setups), fmt.Sprintf("FAWN-KV made about %d requests of 256 bytes for a joule. %s", power.FAWNQueriesPerJoule, power.FAWNCaveat))
	if hasServer(setups) {
		f.Notes = append(f.Notes, d.standIn(), "The specification of that server has the processor's watts alone, so that it flatters the server.")
	}
	return f
}

func hasServer(setups []setup) bool {
	return slices.ContainsFunc(setups, func(s setup) bool { return s.server })
}

// basisText names a basis in a title.
func basisText(basis power.Basis) string {
	if basis == power.Specification {
		return "specification sheet"
	}
	return "measurement"
}

func orNaN(x float64, err error) float64 {
	if err != nil {
		return math.NaN()
	}
	return x
}

// masterUse and workersUse are what usesOf returns.
func (d *Data) masterUse(p study.Point) float64 {
	use, _ := d.usesOf(p)
	return use
}
func (d *Data) workersUse(p study.Point) float64 {
	_, use := d.usesOf(p)
	return use
}

// missingWatts says which setups have no bar, and why.
func (d *Data) missingWatts(setups []setup) []string {
	var notes []string
	for _, s := range setups {
		for _, basis := range power.Bases() {
			if len(s.points) == 0 {
				continue
			}
			if _, err := d.wattsOf(s.points[0], basis); err != nil {
				notes = append(notes, fmt.Sprintf("No bar for %s by %s: %v.", s.words, basisText(basis), err))
			}
		}
	}
	return slices.Compact(notes)
}

// bestOf returns the setup with the highest median of value among those that are,
// or are not, the server.
func bestOf(setups []setup, server bool, value func(study.Point) float64) (best setup, at float64) {
	at = math.NaN()
	for _, s := range setups {
		if m := measureOf(only(s.points, modeIs(study.Direct)), value); m.OK() && s.server == server && (math.IsNaN(at) || m.Median > at) {
			best, at = s, m.Median
		}
	}
	return best, at
}

// joulesSaid is what the figure says by a basis.
func (d *Data) joulesSaid(basis power.Basis, setups []setup) []string {
	value := d.perJouleOf(basis)
	return append(compared("By "+basisText(basis)+", direct: ", "requests per joule", setups, value), d.fawnSaid(basis, setups)...)
}

// compared puts the best of the small computers beside the server's bars.
func compared(intro, unit string, setups []setup, value func(study.Point) float64) []string {
	small, most := bestOf(setups, false, value)
	if math.IsNaN(most) {
		return nil
	}
	parts := []string{fmt.Sprintf("%s%s make %s %s", intro, small.words, number(most), unit)}
	for _, s := range setups {
		if m := measureOf(only(s.points, modeIs(study.Direct)), value); s.server && m.OK() {
			parts = append(parts, fmt.Sprintf("%s, makes %s (the small computers: %s)", s.words, number(m.Median), times(most/m.Median)))
		}
	}
	return []string{strings.Join(parts, "; ") + "."}
}

// fawnSaid puts the small computers beside FAWN-KV.
func (d *Data) fawnSaid(basis power.Basis, setups []setup) []string {
	if basis != power.Measured {
		return nil
	}
	small, most := bestOf(setups, false, d.perJouleOf(basis))
	if math.IsNaN(most) {
		return nil
	}
	return []string{fmt.Sprintf("Beside FAWN-KV's %d requests per joule, %s make %s as many. %s", power.FAWNQueriesPerJoule, small.words, times(most/power.FAWNQueriesPerJoule), power.FAWNCaveat)}
}

// otherMachines projects what one computer of each kind would make, by processor
// time alone.
func (d *Data) otherMachines() Table {
	points := only(d.where(figureIs("F1"), measureIs(study.Throughput), modeIs(study.Direct)), func(p study.Point) bool { return p.Suspect() == "" && p.CPU > 0 })
	if len(points) == 0 || d.Run.Machine.CoreSpeed <= 0 {
		return Table{}
	}
	cpu := measureOf(points, cpuMS).Median / 1000 * d.Run.Machine.CoreSpeed // seconds of a core of speed 1
	t := Table{
		Title:   "Projected, not measured: one computer of each kind with all cores busy, by processor time per request alone; one switch, no master beside it",
		Columns: []string{"computer", "requests/s", "W, measured", "1/J", "$", "requests/s/$"},
	}
	for _, m := range power.Machines() {
		if m.CoreSpeed == 0 {
			continue
		}
		rate := float64(m.Cores) * m.CoreSpeed / cpu
		draw, err := power.Watts(power.Measured, []power.Node{{Machine: m, Use: 1}})
		watts := orNaN(draw.Total(), err)
		cost, err := power.Price([]power.Machine{m})
		price := orNaN(cost.Total(), err)
		t.Rows = append(t.Rows, []string{m.Model, number(rate), number(watts), number(rate / watts), number(price), number(rate / price)})
	}
	return t
}
