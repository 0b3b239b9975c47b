package report

import (
	"fmt"
	"math"

	"pikv/bench/study"
)

// latencyBySize is what the study found the master's NIC to be the end of.
func latencyBySize(d *Data) Figure {
	f := Figure{
		ID: "F4", Title: "Latency against value size",
		Question: "From which size on does the network decide, and whose interface is it?",
	}
	all := d.where(figureIs("F4"))
	for _, t := range d.targets(all) {
		mine := only(all, targetIs(t.Name))
		p := Panel{
			Name: "f4-mean-" + slug(t.Name), Title: "Mean latency", About: d.title(t) + "; " + workload(mine),
			X: Axis{Label: "bytes of a value", Log: true, Bytes: true}, Y: Axis{Label: "latency (ms)", Log: true},
		}
		table := Table{
			Title:   "Latency in ms, median (5th–95th percentile of the repeats) — " + d.title(t),
			Columns: []string{"way", "value", "mean", "mean, slow core added", "p99", "longest", "NIC's share", "mean ÷ NIC's share", "repeats"},
		}
		for _, mode := range valuesOf(mine, modeOf) {
			way1 := only(mine, modeIs(mode))
			p.Series = append(p.Series, seriesOf(way(mode), Style{Hue: hueOf(study.Pikv, mode), Shade: 3}, way1, sizeOf, meanMS))
			floor := Floor{Label: nicLabel(mode), Style: Style{Hue: HueFloor}}
			for _, size := range numbersOf(way1, sizeOf) {
				at := only(way1, sizeIs(size))
				share := nicShareMS(t, at[0])
				if !math.IsNaN(share) {
					floor.Points = append(floor.Points, [2]float64{float64(size), share})
				}
				mean := measureOf(at, meanMS)
				table.Rows = append(table.Rows, []string{
					way(mode), bytesText(float64(size)), with(mean), with(measureOf(at, d.corrected(meanMS))), with(measureOf(at, p99MS)), with(measureOf(at, maxMS)),
					number(share), number(mean.Median / share), fmt.Sprint(mean.N),
				})
			}
			if len(floor.Points) > 0 {
				p.Floors = append(p.Floors, floor)
			}
			f.Conclusions = append(f.Conclusions, d.sizesSaid(t, mode, way1)...)
		}
		f.add(t, p)
		f.Tables = append(f.Tables, table)
	}
	f.Notes = append(d.notesOn(all), floorNote)
	return f
}

const floorNote = "The NIC's share is what a request must wait because the values of all clients together pass the interfaces of the workers, or that of the master alone: " +
	"clients × bytes ÷ (interfaces × bytes per second of one), at the rate that was measured of the target. A machine without a limit of its own has none."

// nicLabel names a floor.
func nicLabel(mode string) string {
	if mode == study.Proxied {
		return "floor: the master's NIC"
	}
	return "floor: the workers' NICs"
}

// interfaces returns how many network interfaces values pass side by side.
func interfaces(p study.Point) float64 {
	if p.Mode == study.Proxied {
		return 1 // each byte comes in and goes out at the master
	}
	return float64(p.Workers)
}

// nicShareMS returns the least mean latency of p that the network allows, in ms,
// NaN if it has no limit.
func nicShareMS(t study.Target, p study.Point) float64 {
	if t.NICBits <= 0 {
		return math.NaN()
	}
	side := max(1, float64(p.Clients)/interfaces(p)) // requests that share an interface
	return 1000 * side * float64(p.ValueBytes) * 8 / t.NICBits
}

// sizesSaid is what the figure says about a target and a way.
func (d *Data) sizesSaid(t study.Target, mode string, points []study.Point) []string {
	sizes := numbersOf(points, sizeOf)
	if len(sizes) < 2 {
		return nil
	}
	small, large := sizes[0], sizes[len(sizes)-1]
	first, last := measureOf(only(points, sizeIs(small)), meanMS), measureOf(only(points, sizeIs(large)), meanMS)
	text := fmt.Sprintf("%s, %s: ", d.title(t), way(mode))
	flat := small
	for _, s := range sizes {
		if measureOf(only(points, sizeIs(s)), meanMS).Median > flatWithin*first.Median {
			break
		}
		flat = s
	}
	if flat > small {
		text += fmt.Sprintf("the mean latency stays within %s %% of that of values of %s up to %s, and ", number(100*(flatWithin-1)), bytesText(float64(small)), bytesText(float64(flat)))
	}
	text += fmt.Sprintf("a value of %s takes %s ms on average, %s what one of %s takes", bytesText(float64(large)), number(last.Median), times(last.Median/first.Median), bytesText(float64(small)))
	switch share := nicShareMS(t, only(points, sizeIs(large))[0]); {
	case math.IsNaN(share):
	case share <= last.Median:
		text += fmt.Sprintf("; the network alone needs %s ms of that", number(share))
	default: // such as in a run so short that not all clients are at it all of the time
		text += fmt.Sprintf("; with all clients at it all of the time the network alone would need %s ms", number(share))
	}
	return []string{text + "."}
}

// flatWithin is how much more than that of the smallest value a latency may be to
// count as the same.
const flatWithin = 1.25
