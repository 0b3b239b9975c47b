package report

import (
	"fmt"
	"math"

	"pikv/bench/study"
)

// agreeWithin is by how much the medians of two runs may differ.
const agreeWithin = 0.1

// paceWithin is by how much study.Point.Pace may differ where this machine is called as fast
// in one run as in the other.
const paceWithin = 0.05

// Agreement is how far a figure of two runs is the same.
type Agreement struct {
	Figure string
	Points int     // places that both runs have, with little processor time stolen
	Within int     // of them, those whose medians differ by no more than agreeWithin
	Worst  float64 // the largest difference, as a share of the first run's
	Where  string  // the place of it
	Alike  int     // of Points, those at which this machine was as fast in one run as in the other
	Both   int     // of Alike, those whose medians differ by no more than agreeWithin
	Left   int     // places left out, because too much processor time was stolen
}

// place is a point without its repeats: what two runs have in common.
type place struct {
	figure, target, store, mode, op, measure string
	workers, replicas, clients, bytes        int
}

func placeOf(p study.Point) place {
	return place{p.Figure, p.Target, p.Store, p.Mode, p.Op, p.Measure, p.Workers, p.Replicas, p.Clients, p.ValueBytes}
}

// Agree compares the medians of two runs: requests per second where throughput was
// measured, else the time that all requests took together for large writes, and the
// mean latency for everything else.
func Agree(first, second *Data) []Agreement {
	var all []Agreement
	for _, figure := range first.Run.Figures {
		a := Agreement{Figure: figure}
		for _, where := range valuesOf(first.where(figureIs(figure)), placeOf) {
			same := func(p study.Point) bool { return placeOf(p) == where }
			one, other := first.where(same), second.where(same)
			if len(other) == 0 {
				continue
			}
			value := yardstick(where)
			m, n := measureOf(one, value), measureOf(other, value)
			if !m.OK() || !n.OK() || m.Suspect || n.Suspect {
				a.Left++
				continue
			}
			a.Points++
			difference, alike := math.Abs(n.Median-m.Median)/m.Median, sameIn(one, other)
			if alike {
				a.Alike++
			}
			if difference <= agreeWithin {
				a.Within++
				if alike {
					a.Both++
				}
			}
			if difference > a.Worst {
				a.Worst, a.Where = difference, where.target+": "+placesOf(one[:1])
			}
		}
		if a.Points+a.Left > 0 {
			all = append(all, a)
		}
	}
	return all
}

// sameIn reports whether this machine was as fast for the points of one run as for those of
// the other. It is not known of runs of earlier versions.
func sameIn(one, other []study.Point) bool {
	m, n := measureOf(one, pace), measureOf(other, pace)
	return m.OK() && n.OK() && math.Abs(n.Median-m.Median) <= paceWithin*m.Median
}

// yardstick is what two runs are compared by at a place.
func yardstick(p place) func(study.Point) float64 {
	switch {
	case p.measure == study.Throughput:
		return perSecond
	case p.op == study.Put && p.bytes >= study.Megabyte:
		return elapsed
	default:
		return meanMS
	}
}

// AddAgreement puts into the report how far another run of the same agrees with it.
func (r *Report) AddAgreement(second *Data) {
	r.Agreement = &Table{
		Title:   fmt.Sprintf("Beside a second run, of %s: medians that differ by no more than %s %%", second.Run.Started.UTC().Format("2006-01-02 15:04 MST"), number(100*agreeWithin)),
		Columns: []string{"figure", "points in both", "agree", fmt.Sprintf("this machine's speed within %s %% in both", number(100*paceWithin)), "of them agree", "largest difference", "where", "left out: processor time stolen, or marked"},
	}
	for _, a := range Agree(r.Data, second) {
		worst := "–"
		if a.Points > 0 {
			worst = shareText(a.Worst)
		}
		r.Agreement.Rows = append(r.Agreement.Rows, []string{a.Figure, fmt.Sprint(a.Points), fmt.Sprint(a.Within), fmt.Sprint(a.Alike), fmt.Sprint(a.Both), worst, a.Where, fmt.Sprint(a.Left)})
		goal := Goal{Figure: a.Figure, Text: "medians of two runs", Goal: fmt.Sprintf("within %s %%", number(100*agreeWithin)), Measured: "–", Met: Open}
		if a.Points > 0 {
			goal.Measured, goal.Met = fmt.Sprintf("%d of %d points", a.Within, a.Points), Refuted
			if a.Alike > 0 {
				goal.Measured += fmt.Sprintf(", %d of %d where this machine was as fast in both", a.Both, a.Alike)
			}
			goal.Measured += "; largest difference " + worst
			if a.Within == a.Points {
				goal.Met = Confirmed
			}
		}
		r.Goals = append(r.Goals, goal)
	}
}
