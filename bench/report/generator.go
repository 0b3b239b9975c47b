package report

import (
	"fmt"
	"strings"

	"pikv/bench/study"
)

// From these on it may be the load generator, or this machine, that is measured, and not
// the store.
const (
	generatorLimit = 0.85 // of the processors that the generator may use, at least
	idleLimit      = 0.05 // of this machine's, at most
)

// limited reports whether the load generator may be what points show, which are of one
// target, and says how that is known.
func (d *Data) limited(points []study.Point) (bool, string) {
	share, idle := generatorShare(points), idleShare(points)
	if share < 0 {
		return false, "how busy the generator was is not known"
	}
	t, _ := d.Run.Target(points[0].Target)
	busy := fmt.Sprintf("the generator was %s busy, and this machine %s idle", shareText(share), shareText(idle))
	switch {
	case t.Kind == study.KindMachine && idle <= idleLimit:
		return true, busy + ": store and generator share it, and the figure is what both make of it"
	case t.Kind != study.KindMachine && (share > generatorLimit || idle <= idleLimit):
		return true, busy + ": the figure may be their limit, not the store's"
	default:
		return false, busy + ": neither was the limit"
	}
}

// generatorShare returns how busy the load generator was, negative if nobody knows.
func generatorShare(points []study.Point) float64 {
	m := measureOf(points, func(p study.Point) float64 { return p.GeneratorShare })
	if !m.OK() {
		return -1
	}
	return m.Median
}

// idleShare returns how much of this machine had nothing to do, negative if nobody knows.
func idleShare(points []study.Point) float64 {
	m := measureOf(points, func(p study.Point) float64 { return p.Idle / 100 })
	if !m.OK() {
		return -1
	}
	return m.Median
}

// capital makes a sentence of words.
func capital(words string) string { return strings.ToUpper(words[:1]) + words[1:] }
