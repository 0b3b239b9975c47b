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
		all = append(all, goalOf(figure, text, goal, value, met, measured))
	}
	for _, mode := range []string{study.Direct, study.Proxied} {
		raw, fixed := d.longest(d.where(figureIs("F1"), targetIs(t.Name), measureIs(study.Latency), modeIs(mode)))
		add("F1", "longest request, "+way(mode), "< 100 ms", raw, fixed < studyMaxMS, fmt.Sprintf("%s ms (%s ms with a slow core's time added)", number(raw), number(fixed)))
	}
	all = append(all, d.scalingGoal(t, "F1", "throughput of 4 workers over that of 1, direct", 4, 3.2))
	d.largeGoals(t, add)
	d.kilobyteGoals(t, add)
	for _, w := range []int{2, 3, 4} {
		all = append(all, d.scalingGoal(t, "F6", fmt.Sprintf("reads per second of %d workers over those of 1, direct", w), w, 0.8*float64(w)))
	}
	d.rivalGoals(t, add)
	return all
}

// goalOf makes a goal that is met or not, or open if value is no number.
func goalOf(figure, text, goal string, value float64, met bool, measured string) Goal {
	g := Goal{Figure: figure, Text: text, Goal: goal, Measured: measured, Met: Refuted}
	switch {
	case math.IsNaN(value):
		g.Measured, g.Met = "–", Open
	case met:
		g.Met = Confirmed
	}
	return g
}

// addGoal adds a goal that is met or not; a value that is no number makes it open.
type addGoal func(figure, text, goal string, value float64, met bool, measured string)

// scalingGoal is that w workers serve so many times what one does, in a figure. Where
// the load generator may be the limit it is open.
func (d *Data) scalingGoal(t study.Target, figure, text string, w int, least float64) Goal {
	points := d.where(figureIs(figure), targetIs(t.Name), measureIs(study.Throughput), modeIs(study.Direct))
	goal, k := fmt.Sprintf("≥ %s ×", number(least)), timesOne(points, study.Direct, w)
	if math.IsNaN(k) {
		return goalOf(figure, text, goal, k, false, "")
	}
	limited, busy := d.limited(only(points, workersAre(w)))
	measured := fmt.Sprintf("%s (%s)", times(k), busy)
	if limited && k < least { // else it would be only more without that limit
		return Goal{Figure: figure, Text: text, Goal: goal, Measured: measured, Met: Open}
	}
	return goalOf(figure, text, goal, k, k >= least, measured)
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

// rivalGoals are those of F9.
func (d *Data) rivalGoals(t study.Target, add addGoal) {
	points := d.where(figureIs("F9"), targetIs(t.Name))
	small := costRatio(points, study.Redis, 128)
	large := costRatio(points, study.Redis, study.Megabyte)
	add("F9", "requests per second of processor time over Redis's, 128 B", "≥ 0.8 ×", small, small >= 0.8, times(small))
	add("F9", "requests per second of processor time over Redis's, 1 MB", "≥ 1 ×", large, large >= 1, times(large))
}
