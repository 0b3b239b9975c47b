package autoscale

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// filled returns workers, w1 and on, each with a part of its memory in use.
func filled(shares ...float64) []Worker {
	workers := even(len(shares), 0, 0.10)
	for i, share := range shares {
		workers[i].Used = int64(share * gb)
	}
	return named(workers, 3)
}

// One partition is most of what w1 has: one spare is tried for it, and no other.
func TestNoMoreSparesAreActivatedForWhomTheyDoNotHelp(t *testing.T) {
	const little = "w1 uses 86 % of its memory, pressure is from 85 % on; the spare that was activated for it took little of that"
	spares := []Worker{spare("w5", 1), spare("w6", 1)}
	unhelped := filled(0.86, 0.27, 0.27, 0.26)
	busy := func(cpu float64) func(*Scene) {
		return func(s *Scene) {
			for i := range s.Active {
				s.Active[i].CPU = cpu
			}
		}
	}
	for _, tc := range []struct {
		name   string
		active []Worker
		change func(*Scene)
		kind   Kind
		node   string
		reason string
	}{
		{name: "it has as much as before", active: unhelped, kind: Warn, node: "w1", reason: little},
		{name: "nor less with more workers", active: filled(0.86, 0.22, 0.20, 0.18, 0.20), change: busy(0.55), kind: Warn, node: "w1", reason: little},
		{name: "everything moves still", active: unhelped, change: func(s *Scene) { s.Whole = false },
			kind: Nothing, reason: "a spare is activated when it is time (replicas are missing or move)"},
		{name: "it was helped, and then everything grew", active: filled(0.86, 0.46, 0.44, 0.45), kind: Activate, node: "w5", reason: "w1 uses 86 %"},
		{name: "another one is under pressure, too", active: filled(0.99, 0.86, 0.05, 0.05), kind: Activate, node: "w5", reason: "w2 uses 86 %"},
		{name: "processors are busy", active: unhelped, change: busy(0.9), kind: Activate, node: "w5", reason: "mean CPU 90 %"},
		{name: "copies find no room", active: unhelped, change: func(s *Scene) { s.NoRoom = true }, kind: Activate, node: "w5", reason: "w1 uses 86 %"},
		{name: "a weight was changed since", active: unhelped, change: func(s *Scene) { s.Active[1].Weight = 2 }, kind: Activate, node: "w5", reason: "w1 uses 86 %"},
		{name: "the spare is gone", active: unhelped[:3], kind: Activate, node: "w5", reason: "w1 uses 86 %"},
		{name: "it is below pressure again", active: filled(0.80, 0.27, 0.27, 0.26), kind: Nothing, reason: "without w4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := lessonsPlay{t: t, p: testPolicy()}
			l.expect(Activate, "pressure is from", settled(filled(0.86, 0.40, 0.40), spare("w4", 1)))
			s := settled(slices.Clone(tc.active), spares[max(0, len(tc.active)-4):]...)
			if tc.change != nil {
				tc.change(&s)
			}
			l.h.slices, l.h.restless, l.h.stepped, l.h.own = seen(l.p, s).slices, time.Time{}, time.Time{}, nil
			d, _ := l.p.Decide(l.h, s)
			if d.Kind != tc.kind || d.Node != tc.node || !strings.Contains(d.Reason, tc.reason) {
				t.Errorf("%v %q: %s\nwant %v %q: %s", d.Kind, d.Node, d.Reason, tc.kind, tc.node, tc.reason)
			}
		})
	}
}

// Who came for another cause is let go again by the low marks, though w1 is as full as it was; who was activated for
// w1 stays, since it is not known how full that would be without.
func TestPressureThatNobodyRelievesKeepsNobody(t *testing.T) {
	l := lessonsPlay{t: t, p: testPolicy()}
	l.expect(Activate, "pressure is from", settled(filled(0.86, 0.40, 0.40), spare("w4", 1)))
	l.expect(Spare, "the others can carry it", settled(filled(0.86, 0.22, 0.20, 0.18, 0.20)))
	if l.d.Node != "w5" {
		t.Errorf("%s is let go", l.d.Node)
	}
	l.expect(Warn, "took little of that", settled(filled(0.86, 0.27, 0.27, 0.26), spare("w5", 1)))
}

// Room that copies want is another matter than one worker's memory.
func TestWantOfRoomIsNoRelief(t *testing.T) {
	l := lessonsPlay{t: t, p: testPolicy()}
	s := settled(filled(0.86, 0.40, 0.40), spare("w4", 1))
	s.NoRoom = true
	l.expect(Activate, "pressure is from", s)
	l.expect(Activate, "pressure is from", settled(filled(0.86, 0.27, 0.27, 0.26), spare("w5", 1)))
}
