package report

import (
	"fmt"
	"slices"

	"pikv/bench/study"
)

// method says how to read the report, and what its figures do not show.
func (r *Report) method() []string {
	lines := []string{
		"A point is the median over its repeats, its bar goes from their 5th to their 95th percentile. A red cross is a repeat that is marked as suspect; it does not count. What has only suspect repeats is drawn as an outline, or by its crosses alone.",
		"What is called simulated was played by this one machine: each computer in a network namespace of its own, with the network rate, the share of processor time and the memory of its model. Its times are scaled back by the factor by which all were stretched.",
		"Colours mean the same in every plot: blue direct, orange through the master, pink Redis, green memcached; the shade goes with the number of workers, or sets reads from writes.",
	}
	for _, t := range r.Data.Run.Targets {
		lines = append(lines, r.Data.stealSaid(t)...)
		lines = append(lines, r.Data.paceSaid(t)...)
	}
	if slices.Contains(r.Data.Run.Figures, "F10") {
		lines = append(lines, "F10 is direct only, because it asks how many workers are best, and through the master F1, F4 and F6 tell already what more workers are worth; it would take several minutes more.")
	}
	return append(lines, "Sentences and verdicts here are computed from the data. Report written "+r.Written.UTC().Format("2006-01-02 15:04 MST")+".")
}

// stealSaid says how much of this machine others had while a target was measured.
func (d *Data) stealSaid(t study.Target) []string {
	var stolen []float64
	for _, p := range d.where(targetIs(t.Name)) {
		stolen = append(stolen, p.Steal)
	}
	repeats := len(stolen)
	for _, event := range []string{study.Kill, study.Join, study.Drain, study.Wake} {
		for _, mode := range []string{study.Direct, study.Proxied} {
			if l := d.timelineOf(t, event, mode); len(l.samples) > 0 {
				stolen = append(stolen, study.Stolen(l.samples))
			}
		}
	}
	if len(stolen) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: of the processor time other guests of the host took %s %% in the median, %s %% at most, of %s and %s. Where it was more than %d %% it was measured again, and does not count if that did not help.",
		d.title(t), number(middleOf(stolen)), number(slices.Max(stolen)), count(repeats, "repeat"), count(len(stolen)-repeats, "timeline"), study.MostSteal)}
}

// paceSaid says how steady this machine's speed was while a target was measured.
func (d *Data) paceSaid(t study.Target) []string {
	all := measureOf(only(d.where(targetIs(t.Name)), func(p study.Point) bool { return p.Suspect() == "" }), pace)
	if !all.OK() {
		return nil
	}
	return []string{fmt.Sprintf("%s: a fixed piece of work (sums, and reads of memory) took this machine %s µs of processor time in the median repeat, %s to %s µs from the 5th to the 95th percentile. Other guests of its host slow it down without stealing time, and so does what is measured, by the caches that it needs: compare it between two runs of a point, or two points with the same values.",
		d.title(t), number(all.Median), number(all.Low), number(all.High))}
}
