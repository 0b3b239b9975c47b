package report

import (
	"fmt"
	"math"

	"pikv/bench/study"
)

// A Goal is a number that pikv is to reach on small computers.
type Goal struct {
	Figure   string
	Text     string
	Goal     string
	Measured string
	Met      Verdict // Confirmed, Refuted or Open
}

// goals compares the run with the numbers that were set for it.
func goals(d *Data) []Goal {
	t, ok := d.small()
	if !ok {
		return nil
	}
	var all []Goal
	add := func(figure, text, goal string, value float64, met bool, measured string) {
		g := Goal{Figure: figure, Text: text, Goal: goal, Measured: "–", Met: Open}
		if !math.IsNaN(value) {
			g.Measured, g.Met = measured, Refuted
			if met {
				g.Met = Confirmed
			}
		}
		all = append(all, g)
	}
	for _, mode := range []string{study.Direct, study.Proxied} {
		raw, fixed := d.longest(d.where(figureIs("F1"), targetIs(t.Name), measureIs(study.Latency), modeIs(mode)))
		add("F1", "longest request, "+way(mode), "< 100 ms", raw, fixed < studyMaxMS, fmt.Sprintf("%s ms (%s ms with a slow core's time added)", number(raw), number(fixed)))
	}
	gain := d.gainOf(t, "F1", 4)
	add("F1", "throughput of 4 workers over that of 1, direct", "≥ 3.2 ×", gain, gain >= 3.2, times(gain))
	d.largeGoals(t, add)
	d.kilobyteGoals(t, add)
	for _, w := range []int{2, 3, 4} {
		d.nodesGoal(t, w, add)
	}
	d.rivalGoals(t, add)
	return all
}

// addGoal adds a goal that is met or not; a value that is no number makes it open.
type addGoal func(figure, text, goal string, value float64, met bool, measured string)

// gainOf returns direct throughput of so many workers over that of one.
func (d *Data) gainOf(t study.Target, figure string, workers int) float64 {
	return timesOne(d.where(figureIs(figure), targetIs(t.Name), measureIs(study.Throughput), modeIs(study.Direct)), workers)
}

// largeGoals are those of F5.
func (d *Data) largeGoals(t study.Target, add addGoal) {
	points := d.where(figureIs("F5"), targetIs(t.Name))
	direct, proxied := only(points, modeIs(study.Direct)), only(points, modeIs(study.Proxied))
	over, slower, least, took := math.NaN(), math.NaN(), math.NaN(), measureOf(direct, elapsed)
	if took.OK() {
		least = floorSeconds(t, direct[0])
		over = took.Median / least
		if m := measureOf(proxied, elapsed); m.OK() {
			slower = m.Median / took.Median
		}
	}
	add("F5", "large writes, direct, over the floor of the workers' interfaces", "≤ 1.1 ×", over, over <= 1.1, fmt.Sprintf("%s (%s s, floor %s s)", times(over), number(took.Median), number(least)))
	add("F5", "large writes, through the master over direct", "≥ 1.8 ×", slower, slower >= 1.8, times(slower))
}

// kilobyteGoals are those of F4.
func (d *Data) kilobyteGoals(t study.Target, add addGoal) {
	at := d.where(figureIs("F4"), targetIs(t.Name), modeIs(study.Direct), sizeIs(study.Megabyte))
	over, mean, least := math.NaN(), measureOf(at, meanMS), math.NaN()
	if mean.OK() {
		least = nicShareMS(t, at[0])
		over = mean.Median / least
	}
	add("F4", "mean latency of 1 MB, direct, over the interfaces' share", "≤ 1.3 ×", over, over <= 1.3, fmt.Sprintf("%s (%s ms, share %s ms)", times(over), number(mean.Median), number(least)))
}

// nodesGoal is that of F6 for w workers.
func (d *Data) nodesGoal(t study.Target, w int, add addGoal) {
	points := d.where(figureIs("F6"), targetIs(t.Name), modeIs(study.Direct))
	k := timesOne(points, w)
	busy := generatorShare(only(points, workersAre(w)))
	text := fmt.Sprintf("%s (generator %s busy)", times(k), shareText(busy))
	if busy > generatorLimit {
		text += ": it may be the limit"
	}
	add("F6", fmt.Sprintf("reads per second of %d workers over those of 1, direct", w), fmt.Sprintf("≥ %s ×", number(0.8*float64(w))), k, k >= 0.8*float64(w), text)
}

// rivalGoals are those of F9.
func (d *Data) rivalGoals(t study.Target, add addGoal) {
	points := d.where(figureIs("F9"), targetIs(t.Name))
	small := costRatio(points, study.Redis, 128)
	large := costRatio(points, study.Redis, study.Megabyte)
	add("F9", "requests per second of processor time over Redis's, 128 B", "≥ 0.8 ×", small, small >= 0.8, times(small))
	add("F9", "requests per second of processor time over Redis's, 1 MB", "≥ 1 ×", large, large >= 1, times(large))
}
