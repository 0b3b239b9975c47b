package autoscale

import (
	"strings"
	"testing"
)

// A worker that the policy has let go is called back when clients want more before it is
// gone; not for what its own move costs, and not against an operator's order.
func TestALoadThatRisesCallsTheLeavingBack(t *testing.T) {
	p := testPolicy()
	for _, tc := range []struct {
		name     string
		cpu      float64 // of each of three workers
		requests float64 // of each of three workers, and of the one that leaves
		change   func(*Scene, *History)
		kind     Kind
	}{
		{name: "more requests, and over the mark", cpu: 0.70, requests: 1200, kind: Activate},
		{name: "the move's own processor time", cpu: 0.70, requests: 1000},
		{name: "more requests, but no mean passed", cpu: 0.60, requests: 1200},
		{name: "an operator's order", cpu: 0.70, requests: 1200, change: func(_ *Scene, h *History) { h.calm.gone = "" }},
		{name: "another one is under way, too", cpu: 0.70, requests: 1200, change: func(s *Scene, _ *History) { s.UnderWay = append(s.UnderWay, "x") }},
		{name: "it has gone", cpu: 0.70, requests: 1200, change: func(s *Scene, _ *History) { s.Spares[0].Leaving, s.UnderWay = false, nil }},
		{name: "it is silent", cpu: 0.70, requests: 1200, change: func(s *Scene, _ *History) { s.Spares[0].Reported = false }},
		{name: "nothing is known yet", cpu: 0.70, requests: 1200, change: func(_ *Scene, h *History) { h.slices = nil }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := settled(even(4, 0.10, 0.40))
			d, h := p.Decide(seen(p, before), before)
			if d.Kind != Spare || d.Node != "w1" {
				t.Fatalf("%v %s: %s", d.Kind, d.Node, d.Reason)
			}
			s := settled(even(4, 0.10, tc.cpu)[1:], even(1, 0.10, 0.10)...)
			s.Spares[0].Leaving, s.Whole, s.UnderWay = true, false, []string{"w1"}
			for _, workers := range [][]Worker{s.Active, s.Spares} {
				for i := range workers {
					workers[i].Requests = tc.requests
				}
			}
			h.slices = seen(p, s).slices
			if tc.change != nil {
				tc.change(&s, &h)
			}
			d, h = p.Decide(h, s)
			if d.Kind != tc.kind || tc.kind == Activate && (d.Node != "w1" ||
				!strings.Contains(d.Reason, "mean CPU 70 % of 3 workers passed the high mark 65 % while it was leaving: requests rose from 4000/s to 4800/s")) {
				t.Errorf("%v %s: %s", d.Kind, d.Node, d.Reason)
			}
			if d.Kind == Activate && h.calm.gone != "" {
				t.Error("it may be called back again and again")
			}
		})
	}
}

// Pressure calls it back no later than a mean would, and for the same cause only.
func TestPressureCallsTheLeavingBack(t *testing.T) {
	p := testPolicy()
	for requests, kind := range map[float64]Kind{1200: Activate, 1000: Nothing} {
		before := settled(even(4, 0.10, 0.40))
		d, h := p.Decide(seen(p, before), before)
		if d.Kind != Spare || d.Node != "w1" {
			t.Fatalf("%v %s: %s", d.Kind, d.Node, d.Reason)
		}
		s := settled(even(4, 0.10, 0.50)[1:], even(1, 0.10, 0.10)...) // no mean passes its mark
		s.Spares = append(s.Spares, spare("empty", 1))
		s.Spares[0].Leaving, s.Whole, s.UnderWay = true, false, []string{"w1"}
		s.Spares[0].Requests, s.Active[0].Used = requests, 86*gb/100
		for i := range s.Active {
			s.Active[i].Requests = requests
		}
		h.slices = seen(p, s).slices
		reason := "w2 uses 86 % of its memory, pressure is from 85 % on; a spare is activated when it is time (under way: w1)"
		if kind == Activate {
			reason = "w2 uses 86 % of its memory, pressure is from 85 % on while it was leaving: requests rose from 4000/s to 4800/s"
		}
		d, h = p.Decide(h, s)
		if d.Kind != kind || d.Reason != reason || kind == Activate && (d.Node != "w1" || len(h.lessons) != 1) {
			t.Errorf("at %.0f/s: %v %s: %s\nwant %v: %s", requests, d.Kind, d.Node, d.Reason, kind, reason)
		}
	}
}
