package autoscale

import (
	"slices"
	"strings"
	"testing"
)

// caches returns n workers that evict, with that share of their memory in use.
func caches(n int, memory float64) []Worker {
	all := even(n, memory, 0.10)
	for i := range all {
		all[i].Evicts = true
	}
	return all
}

// What workers hold that evict is wanted: none is let go whose keys the others would have
// to throw away. That a cache is full calls for no spare.
func TestCachesKeepWhatTheyHold(t *testing.T) {
	onlyMemory := func(p *Policy) { p.CPU = Marks{} }
	for _, tc := range []struct {
		name   string
		active []Worker
		policy func(*Policy)
		kind   Kind
		reason string
		untrue string
	}{
		{name: "all are full", active: caches(4, 1), kind: Nothing,
			reason: "CPU 10 % of 4 workers stayed below the low marks (CPU 50 %), but without w1 w2 would use 133 % of its memory, over 90 %", untrue: "memory 0 %"},
		{name: "what they hold would not quite fit", active: caches(4, 0.70), kind: Nothing, reason: "without w1 w2 would use 93 %"},
		{name: "what they hold fits", active: caches(4, 0.60), kind: Spare, reason: "CPU 10 % of 4 workers stayed below the low marks (CPU 50 %), and the others can carry it", untrue: "memory"},
		{name: "the others do not evict", active: func() []Worker {
			a := slices.Concat(caches(1, 1), even(4, 0.55, 0.10)[1:])
			a[0].StartedSpare = true
			return a
		}(),
			kind: Nothing, reason: "without w1 w2 would use 88 % of its memory, over 76 %"},
		{name: "only caches can take it", active: slices.Concat(even(1, 0.10, 0.10), caches(4, 1)[1:]), kind: Nothing, reason: "over 90 %"},
		{name: "there is room at those that do not evict", active: slices.Concat(caches(1, 1), even(5, 0.10, 0.10)[1:]), kind: Spare, reason: "memory 10 %, CPU 10 %"},
		{name: "memory is not looked at", active: caches(4, 1), policy: func(p *Policy) { p.Memory = Marks{} }, kind: Spare, reason: "CPU 10 %"},
		{name: "nothing else is looked at", active: caches(4, 0.1), policy: onlyMemory, kind: Nothing, reason: "nothing to go by"},
		{name: "one is busy by itself", active: func() []Worker { a := caches(4, 0.1); a[0].CPU = 1; return a }(), kind: Warn, reason: "w1 itself has CPU 100 %"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := testPolicy()
			if tc.policy != nil {
				tc.policy(&p)
			}
			s := settled(tc.active, spare("s", 1))
			d, _ := p.Decide(seen(p, s), s)
			if d.Kind != tc.kind || !strings.Contains(d.Reason, tc.reason) || tc.untrue != "" && strings.Contains(d.Reason, tc.untrue) {
				t.Errorf("%v %s: %s\nwant %v: %s", d.Kind, d.Node, d.Reason, tc.kind, tc.reason)
			}
		})
	}
}
