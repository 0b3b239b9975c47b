package report

import (
	"fmt"
	"math"

	"pikv/bench/study"
)

// largeWrites is the study's 256 STOREs of a megabyte.
func largeWrites(d *Data) Figure {
	all := d.where(figureIs("F5"))
	f := Figure{
		ID: "F5", Title: "Large values, direct and through the master",
		Question: "What is it worth that the master only says who owns a key?",
	}
	for _, t := range d.targets(all) {
		mine := only(all, targetIs(t.Name))
		panel, table := d.elapsedPanel("f5-elapsed-"+slug(t.Name), t, mine, valuesOf(mine, modeOf), modeOf, way)
		f.add(t, panel)
		f.Tables = append(f.Tables, table)
		f.Conclusions = append(f.Conclusions, d.largeSaid(t, mine)...)
	}
	f.Notes = append(d.notesOn(all), "The floor is what the network interfaces need to carry the bytes of all values, at the rate that was measured of the target.")
	return f
}

// elapsedPanel draws how long a number of large writes took, a bar for each of the
// categories, which are values of field.
func (d *Data) elapsedPanel(name string, t study.Target, points []study.Point, categories []string, field func(study.Point) string, label func(string) string) (Panel, Table) {
	p := Panel{
		Name: name, Title: fmt.Sprintf("Time for %d × %s", opsOf(points), bytesText(float64(points[0].ValueBytes))), About: d.title(t) + "; " + workload(points),
		Y: Axis{Label: "seconds"},
	}
	table := Table{
		Title:   fmt.Sprintf("Seconds for all %s, median (5th–95th percentile of the repeats) — %s", opText(points[0].Op), d.title(t)),
		Columns: []string{"", "seconds", "floor", "÷ floor", "MB/s", "CPU (s)", "repeats"},
	}
	for i, category := range categories {
		at := only(points, func(p study.Point) bool { return field(p) == category })
		p.Categories = append(p.Categories, label(category))
		s := Series{Name: label(category), Style: Style{Hue: hueOf(at[0].Store, at[0].Mode), Shade: 3}}
		s.Points = make([]XY, len(categories))
		took, least := measureOf(at, elapsed), floorSeconds(t, at[0])
		s.Points[i] = XY{float64(i), took}
		p.Series = append(p.Series, s)
		if !math.IsNaN(least) {
			p.Floors = append(p.Floors, Floor{Label: "floor " + number(least) + " s", Style: Style{Hue: HueFloor}, Points: [][2]float64{{0, least}}, Category: i + 1})
		}
		table.Rows = append(table.Rows, []string{
			label(category), with(took), number(least), number(took.Median / least), number(measureOf(at, study.Point.MBPerSecond).Median),
			number(measureOf(at, func(p study.Point) float64 { return p.CPU }).Median), fmt.Sprint(took.N),
		})
	}
	p.OnePerGroup = true
	return p, table
}

// opsOf returns how many requests a repeat made, with those that failed.
func opsOf(points []study.Point) int64 { return points[0].Ops + points[0].Failed }

// floorSeconds returns the least time that the network allows for a repeat of p, in
// seconds, NaN if it has no limit.
func floorSeconds(t study.Target, p study.Point) float64 {
	if t.NICBits <= 0 {
		return math.NaN()
	}
	return float64(p.Ops+p.Failed) * float64(p.ValueBytes) * 8 / (interfaces(p) * t.NICBits)
}

// largeSaid is what the figure says about a target.
func (d *Data) largeSaid(t study.Target, points []study.Point) []string {
	direct, proxied := only(points, modeIs(study.Direct)), only(points, modeIs(study.Proxied))
	fast, slow := measureOf(direct, elapsed), measureOf(proxied, elapsed)
	if !fast.OK() || !slow.OK() {
		return nil
	}
	text := fmt.Sprintf("%s: direct takes %s s, through the master %s s, %s as long", d.title(t), number(fast.Median), number(slow.Median), times(slow.Median/fast.Median))
	if least := floorSeconds(t, direct[0]); !math.IsNaN(least) {
		text += fmt.Sprintf("; direct is %s the floor of its interfaces, through the master %s", times(fast.Median/least), times(slow.Median/floorSeconds(t, proxied[0])))
	}
	return []string{text + "."}
}
