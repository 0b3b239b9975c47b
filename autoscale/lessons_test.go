package autoscale

import (
	"strings"
	"testing"
	"time"
)

// lessonsPlay takes one decision after another, each with a history of nothing but its scene and
// what was remembered.
type lessonsPlay struct {
	t *testing.T
	p Policy
	h History
	d Decision // the last
}

// expect decides in s, to which the load has been like that for long, and returns how.
func (l *lessonsPlay) expect(kind Kind, reason string, s Scene) {
	l.t.Helper()
	l.h.slices, l.h.restless, l.h.own = seen(l.p, s).slices, time.Time{}, nil
	l.h.calm = calm{} // that a low has to last is another matter
	if l.d, l.h = l.p.Decide(l.h, s); l.d.Kind != kind || !strings.Contains(l.d.Reason, reason) {
		l.t.Fatalf("%v %s: %s\nwant %v: %s", l.d.Kind, l.d.Node, l.d.Reason, kind, reason)
	}
}

// named gives each of workers that was started as a spare its flag.
func named(workers []Worker, first int) []Worker {
	for i := first; i < len(workers); i++ {
		workers[i].StartedSpare = true
	}
	return workers
}

// uneven returns three workers of which one is under pressure at a mean of 55 %.
func uneven() []Worker {
	workers := even(3, 0.40, 0.10)
	workers[0].Used = 86 * gb / 100
	return workers
}

// What one of three workers could not bear is not forgotten because processors, or memory of a larger
// ring, passed their marks later: the same would come again with each day.
func TestALessonIsOfItsRing(t *testing.T) {
	w4, w5 := spare("w4", 1), spare("w5", 1)
	for name, evening := range map[string]Scene{
		"CPU":      settled(named(even(4, 0.41, 0.70), 3), w5),
		"requests": settled(named(even(4, 0.41, 0.10), 3), w5),
		"memory":   settled(named(even(4, 0.78, 0.10), 3), w5),
	} {
		t.Run(name, func(t *testing.T) {
			l := lessonsPlay{t: t, p: testPolicy()}
			l.expect(Activate, "pressure is from", settled(uneven(), w4, w5))
			if name == "requests" {
				l.p.Requests = Marks{500, 900}
			}
			l.expect(Activate, "passed the high mark", evening)
			l.p.Requests = Marks{}
			l.expect(Spare, "the others can carry it", settled(named(even(5, 0.33, 0.10), 3), spare("w6", 1)))
			l.expect(Nothing, "memory would be 55 %, and at 55 % one worker was under pressure", settled(named(even(4, 0.4125, 0.10), 3), w5))
			l.expect(Spare, "the others can carry it", settled(named(even(4, 0.36, 0.10), 3), w5))
		})
	}
}

// The ring itself has carried a high mark of memory: what it could not bear before is no
// lesson any more.
func TestALessonIsUnlearned(t *testing.T) {
	l := lessonsPlay{t: t, p: testPolicy()}
	l.expect(Activate, "pressure is from", settled(uneven(), spare("w4", 1)))
	l.expect(Activate, "passed the high mark", settled(even(3, 0.78, 0.10), spare("w4", 1)))
	l.expect(Spare, "the others can carry it", settled(named(even(4, 0.4125, 0.10), 3)))
}

// A larger ring that has carried a high mark is not held to what a smaller one could not bear;
// and where nothing smaller is known, a larger one's lesson counts.
func TestALessonCountsWhereThereIsNone(t *testing.T) {
	l := lessonsPlay{t: t, p: testPolicy()}
	l.expect(Activate, "pressure is from", settled(uneven(), spare("w4", 1)))
	l.expect(Nothing, "one worker was under pressure", settled(even(6, 0.45, 0.10)))
	l.expect(Nothing, "one worker was under pressure", settled(even(3, 0.35, 0.10)).alone())
	l.expect(Activate, "passed the high mark", settled(even(5, 0.78, 0.10), spare("w6", 1)))
	l.expect(Spare, "the others can carry it", settled(even(6, 0.45, 0.10)))
}

// alone asks for one copy only, so that fewer workers will do.
func (s Scene) alone() Scene {
	s.Replicas = 1
	return s
}

// At which mean one worker was under pressure is not known while another does not report.
func TestNoLessonWithoutReports(t *testing.T) {
	l := lessonsPlay{t: t, p: testPolicy()}
	s := settled(uneven(), spare("w4", 1))
	s.Active[1].Reported, s.Active[1].Used = false, 0
	l.expect(Activate, "pressure is from", s)
	if len(l.h.lessons) > 0 {
		t.Errorf("learned %+v", l.h.lessons)
	}
}
