package autoscale

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	gb     = 1_000_000_000
	window = time.Minute
)

// begin is any moment.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func testPolicy() Policy {
	p := DefaultPolicy()
	p.Mode = On
	return p
}

// even returns n active workers, w1 and on, with the shares of memory and CPU.
func even(n int, memory, cpu float64) []Worker {
	workers := make([]Worker, n)
	for i := range workers {
		workers[i] = Worker{
			Name: fmt.Sprintf("w%d", i+1), Weight: 1,
			Capacity: gb, Used: int64(memory * gb), CPU: cpu, Requests: 1000, Reported: true,
		}
	}
	return workers
}

// cpus returns active workers, w1 and on, of which each has a part of its processors busy.
func cpus(shares ...float64) []Worker {
	workers := even(len(shares), 0.1, 0)
	for i, cpu := range shares {
		workers[i].CPU = cpu
	}
	return workers
}

// spare returns an idle spare.
func spare(name string, weight int) Worker {
	return Worker{Name: name, StartedSpare: true, Weight: weight, Capacity: int64(weight) * gb, Reported: true}
}

// small returns a spare of weight 1 with a tenth of the memory that goes with that.
func small(name string) Worker {
	w := spare(name, 1)
	w.Capacity /= 10
	return w
}

// settled is a scene in which nothing is in the way of a step.
func settled(active []Worker, spares ...Worker) Scene {
	return Scene{Now: begin, Active: active, Spares: spares, Replicas: 2, Whole: true}
}

// seen is the history of two windows and more of the scene.
func seen(p Policy, s Scene) History {
	var h History
	for at := -150 * time.Second; at < 0; at += time.Second {
		h = h.observe(s.Now.Add(at), total(s.Active), p.Window)
	}
	return h
}

func TestDecide(t *testing.T) {
	change := func(workers []Worker, i int, f func(*Worker)) []Worker {
		f(&workers[i])
		return workers
	}
	three := func(p *Policy) { p.MinWorkers = 3 }
	noRoom := func(s Scene) Scene {
		s.Whole, s.NoRoom = false, true
		return s
	}
	for _, tc := range []struct {
		name   string
		scene  Scene
		policy func(*Policy)
		past   func(*History)
		kind   Kind
		node   string
		reason string
	}{
		{name: "between the marks", scene: settled(even(4, 0.70, 0.30), spare("s", 1)),
			kind: Nothing, reason: "memory 70 %, CPU 30 % of 4 workers: between the marks"},
		{name: "memory over its mark", scene: settled(even(4, 0.78, 0.30), spare("s", 1)),
			kind: Activate, node: "s", reason: "mean memory 78 % of 4 workers passed the high mark 75 %"},
		{name: "CPU over its mark", scene: settled(even(4, 0.30, 0.70), spare("s", 1)),
			kind: Activate, node: "s", reason: "mean CPU 70 % of 4 workers passed the high mark 65 %"},
		{name: "requests over their mark", scene: settled(even(4, 0.30, 0.30), spare("s", 1)),
			policy: func(p *Policy) { p.Requests = Marks{200, 900} },
			kind:   Activate, node: "s", reason: "mean requests 1000/s of 4 workers passed the high mark 900/s"},
		{name: "requests are not looked at", scene: settled(even(2, 0.70, 0.30), spare("s", 1)), kind: Nothing, reason: "between the marks"},
		{name: "no spare left", scene: settled(even(4, 0.78, 0.30)),
			kind: Warn, reason: "passed the high mark 75 %, but no spare is left"},
		{name: "a silent spare is none", scene: settled(even(4, 0.78, 0.30), Worker{Name: "s", Weight: 1}),
			kind: Warn, reason: "no spare is left"},
		{name: "the lightest spare that is enough", scene: settled(even(4, 0.78, 0.30), spare("s8", 8), spare("s1", 1), spare("s2", 2)),
			kind: Activate, node: "s1"},
		{name: "a heavier one where the lightest is not enough", scene: settled(even(2, 0.80, 0.30), spare("s8", 8), spare("s0", 1), spare("s2", 2)),
			policy: func(p *Policy) { p.Memory.High, p.Memory.Low = 0.5, 0.4 },
			kind:   Activate, node: "s2"},
		{name: "the heaviest where none is enough", scene: settled(even(8, 0.80, 0.30), spare("a", 1), spare("c", 2), spare("b", 2)),
			policy: func(p *Policy) { p.Memory.High, p.Memory.Low = 0.5, 0.4 },
			kind:   Activate, node: "b"},
		{name: "all low: one becomes a spare", scene: settled(even(4, 0.30, 0.10)),
			kind: Spare, node: "w1", reason: "memory 30 %, CPU 10 % of 4 workers stayed below the low marks (memory 60 %, CPU 50 %), and the others can carry it"},
		{name: "who was started as a spare is one first", scene: settled(change(even(4, 0.30, 0.10), 2, func(w *Worker) { w.StartedSpare, w.Used = true, gb/2 })),
			kind: Spare, node: "w3"},
		{name: "then the lightest", scene: settled(change(even(4, 0.30, 0.10), 0, func(w *Worker) { w.Weight, w.Used = 2, gb/4 })),
			kind: Spare, node: "w2"},
		{name: "then who has least", scene: settled(change(even(4, 0.30, 0.10), 1, func(w *Worker) { w.Used = gb / 4 })),
			kind: Spare, node: "w2"},
		{name: "one axis is not low", scene: settled(even(4, 0.30, 0.55)), kind: Nothing, reason: "between the marks"},
		{name: "the others could not carry it", scene: settled(even(3, 0.50, 0.10)),
			kind: Nothing, reason: "without w1 memory would be 75 %, over 68 %"},
		{name: "one of the others could not carry it", scene: settled(change(change(even(4, 0.20, 0.10), 3, func(w *Worker) { w.Used = 6 * gb / 10 }), 2, func(w *Worker) { w.Used = 6 * gb / 10 })),
			kind: Nothing, reason: "without w1 w3 would use 80 % of its memory, over 76 %"},
		{name: "one worker is saturated, and the mean is low", scene: settled(cpus(1, 0.1, 0.1, 0.1)),
			kind: Warn, node: "w1", reason: "(memory 60 %, CPU 50 %), but w1 itself has CPU 100 %, over 65 %: none is let go, and a spare would not help much"},
		{name: "one worker is saturated, with a spare", scene: settled(cpus(1, 0.1, 0.1, 0.1), spare("s", 1)), kind: Warn, node: "w1", reason: "but w1 itself"},
		{name: "one worker is saturated, between the marks", scene: settled(cpus(0.96, 0.48, 0.48, 0.48), spare("s", 1)),
			kind: Nothing, reason: "CPU 60 % of 4 workers: between the marks; w1 itself has CPU 96 %, over 65 %"},
		{name: "one worker is a little busier than the others", scene: settled(cpus(0.66, 0.43, 0.43, 0.43)),
			kind: Nothing, reason: "but w1 itself has CPU 66 %, over 65 %: none is let go"},
		{name: "a hot key does not go with its worker", scene: settled(cpus(0.6, 0.2, 0.2, 0.2)),
			kind: Nothing, reason: "without w1 one worker would have CPU 80 %, over 65 %, if it is shared as it is now (w1 has most)"},
		{name: "one worker would be too busy with its part of the leaver's", scene: settled(cpus(0.3, 0.55, 0.55, 0.1)),
			kind: Nothing, reason: "without w1 one worker would have CPU 73 %, over 65 %"},
		{name: "one worker has too many requests by itself", scene: settled(change(even(4, 0.1, 0.1), 1, func(w *Worker) { w.Requests = 4000 })),
			policy: func(p *Policy) { p.Requests = Marks{2000, 3000} },
			kind:   Warn, node: "w2", reason: "but w2 itself has requests 4000/s, over 3000/s"},
		{name: "a heavy worker has as many requests as are its part", scene: settled(change(even(4, 0.1, 0.1), 1, func(w *Worker) { w.Requests, w.Weight = 4000, 8 })),
			policy: func(p *Policy) { p.Requests = Marks{2000, 3000} }, kind: Spare, node: "w1"},
		{name: "no marks, but pressure and the margin", scene: settled(even(3, 0.60, 0.10)),
			policy: func(p *Policy) { p.Memory = Marks{} },
			kind:   Nothing, reason: "without w1 w2 would use 90 % of its memory, over 76 %"},
		{name: "as many as replicas", scene: settled(even(2, 0.10, 0.10)), kind: Nothing, reason: "at 2 replicas"},
		{name: "at --min-workers", scene: settled(even(3, 0.10, 0.10)),
			policy: func(p *Policy) { p.MinWorkers = 3 }, kind: Nothing, reason: "at --min-workers 3"},
		{name: "fewer than --min-workers", scene: settled(even(2, 0.10, 0.10), spare("s", 1)),
			policy: func(p *Policy) { p.MinWorkers = 3 }, kind: Activate, node: "s", reason: "2 workers active, fewer than --min-workers 3"},
		{name: "fewer than --min-workers, but a step was just taken", scene: settled(even(2, 0.10, 0.10), spare("s", 1)),
			policy: func(p *Policy) { p.MinWorkers = 3 }, past: func(h *History) { h.restless = begin.Add(-80 * time.Second) },
			kind: Nothing, reason: "fewer than --min-workers 3; a spare is activated when it is time (cooling down for 40 s more)"},
		{name: "fewer than the replicas, and not whole for that", scene: Scene{Now: begin, Active: even(1, 0.1, 0.1), Spares: []Worker{spare("s", 1)}, Replicas: 2},
			kind: Activate, node: "s", reason: "1 worker active, fewer than 2 replicas"},
		{name: "fewer than --min-workers, and there is no spare to wait for", scene: settled(even(2, 0.10, 0.10)),
			policy: three, past: func(h *History) { h.restless = begin.Add(-80 * time.Second) },
			kind: Nothing, reason: "2 workers active, fewer than --min-workers 3 (cooling down for 40 s more)"},
		{name: "fewer than --min-workers, after a death, and copies find no room", scene: noRoom(settled(even(2, 0.70, 0.10), spare("s", 1))),
			policy: three, past: func(h *History) { h.restless = begin.Add(-time.Second) },
			kind: Activate, node: "s", reason: "2 workers active, fewer than --min-workers 3, and copies find no room"},
		{name: "fewer than --min-workers, and one drains whose copies find no room", scene: func() Scene {
			s := settled(even(2, 0.70, 0.10), spare("s", 1))
			s.NoRoom, s.UnderWay = true, []string{"w3"}
			return s
		}(), policy: three, kind: Activate, node: "s", reason: "fewer than --min-workers 3, and copies find no room"},
		{name: "fewer than --min-workers, and copies find no room until others have moved", scene: func() Scene {
			s := noRoom(settled(even(2, 0.70, 0.10), spare("s", 1)))
			s.Moving = true
			return s
		}(), policy: three, kind: Nothing, reason: "fewer than --min-workers 3; a spare is activated when it is time (replicas are missing or move)"},
		{name: "fewer than --min-workers, no room, and a step was just taken", scene: noRoom(settled(even(2, 0.70, 0.10), spare("s", 1))),
			policy: three, past: func(h *History) { h.stepped = begin.Add(-80 * time.Second) },
			kind: Nothing, reason: "and copies find no room; a spare is activated when it is time (cooling down for 40 s more)"},
		{name: "fewer than --min-workers, no room, and no spare", scene: noRoom(settled(even(2, 0.70, 0.10))),
			policy: three, kind: Warn, reason: "and copies find no room, but no spare is left"},
		{name: "a spare that its part would fill is not taken", scene: settled(even(4, 0.78, 0.30), small("a")),
			kind: Warn, reason: "passed the high mark 75 %, but no spare is large enough (a would use 624 % of its memory)"},
		{name: "not even to be --min-workers", scene: settled(even(2, 0.50, 0.10), small("a")),
			policy: three, kind: Warn, reason: "fewer than --min-workers 3, but no spare is large enough (a would use 333 % of its memory)"},
		{name: "not even under pressure", scene: settled(change(even(4, 0.30, 0.10), 1, func(w *Worker) { w.Used = 87 * gb / 100 }), small("a")),
			kind: Warn, node: "w2", reason: "; no spare is large enough (a would use 354 % of its memory): start a worker, raise --max-memory, or delete keys"},
		{name: "a larger one is, though it is not enough", scene: settled(even(8, 0.80, 0.30), small("a"), spare("b", 1)),
			policy: func(p *Policy) { p.Memory.High, p.Memory.Low = 0.5, 0.4 }, kind: Activate, node: "b"},
		{name: "a small one is better than none where copies find no room", scene: noRoom(settled(even(4, 0.70, 0.30), small("a"))),
			kind: Activate, node: "a"},
		{name: "but a larger one is better", scene: noRoom(settled(even(4, 0.70, 0.30), change([]Worker{small("a")}, 0, func(w *Worker) { w.Leaving = true })[0], spare("b", 1))),
			kind: Activate, node: "b"},
		{name: "a small one is better than fewer workers than replicas", scene: settled(even(1, 0.50, 0.10), small("a")), kind: Activate, node: "a"},
		{name: "one that would be no fuller than all are is taken", scene: settled(even(20, 0.90, 0.30), spare("s", 1)), kind: Activate, node: "s"},
		{name: "a small one that evicts is not filled up", scene: settled(even(4, 0.30, 0.70), change([]Worker{small("a")}, 0, func(w *Worker) { w.Evicts = true })[0]),
			kind: Activate, node: "a"},
		{name: "an active worker is silent", scene: settled(change(even(4, 0.80, 0.90), 1, func(w *Worker) { w.Reported = false }), spare("s", 1)),
			kind: Nothing, reason: "no fresh report of w2"},
		{name: "nobody is let go while one is silent", scene: settled(change(even(4, 0.10, 0.10), 1, func(w *Worker) { w.Reported = false })),
			kind: Nothing, reason: "no fresh report of w2"},
		{name: "pressure does not wait for who is silent", scene: settled(change(change(even(4, 0.30, 0.10), 1, func(w *Worker) { w.Reported = false }), 0, func(w *Worker) { w.Used = 86 * gb / 100 }), spare("s", 1)),
			kind: Activate, node: "s", reason: "w1 uses 86 % of its memory, pressure is from 85 % on, and there is no fresh report of w2"},
		{name: "pressure beside who is silent, without a spare", scene: settled(change(change(even(4, 0.30, 0.10), 1, func(w *Worker) { w.Reported = false }), 0, func(w *Worker) { w.Used = 86 * gb / 100 })),
			kind: Warn, node: "w1", reason: "no spare is left: start a worker"},
		{name: "pressure that was is not that of who is silent", scene: settled(change(even(4, 0.30, 0.10), 1, func(w *Worker) { w.Reported, w.Used = false, 95*gb/100 }), spare("s", 1)),
			kind: Nothing, reason: "no fresh report of w2"},
		{name: "copies find no room that one may have who is silent", scene: func() Scene {
			s := settled(change(even(4, 0.7, 0.3), 1, func(w *Worker) { w.Reported = false }), spare("s", 1))
			s.Whole, s.NoRoom = false, true
			return s
		}(), kind: Nothing, reason: "no fresh report of w2"},
		{name: "moving", scene: func() Scene { s := settled(even(4, 0.78, 0.3), spare("s", 1)); s.Whole = false; return s }(),
			kind: Nothing, reason: "replicas are missing or move"},
		{name: "a step is under way", scene: func() Scene { s := settled(even(4, 0.78, 0.3), spare("s", 1)); s.UnderWay = []string{"w4"}; return s }(),
			kind: Nothing, reason: "under way: w4"},
		{name: "cooling down", scene: settled(even(4, 0.78, 0.30), spare("s", 1)),
			past: func(h *History) { h.restless = begin.Add(-80 * time.Second) }, kind: Nothing, reason: "cooling down for 40 s more"},
		{name: "cooled down", scene: settled(even(4, 0.78, 0.30), spare("s", 1)),
			past: func(h *History) { h.restless = begin.Add(-2 * time.Minute) }, kind: Activate, node: "s"},
		{name: "a short history", scene: settled(even(4, 0.78, 0.30), spare("s", 1)),
			past: func(h *History) { *h = History{} }, kind: Nothing, reason: "measuring for 58 s more"},
		{name: "a history with a hole", scene: settled(even(4, 0.78, 0.30), spare("s", 1)),
			past: func(h *History) { h.slices = slices.Delete(h.slices, 35, 55) }, kind: Nothing, reason: "measuring for"},
		{name: "making a spare looks back further", scene: settled(even(4, 0.30, 0.10)),
			past: func(h *History) { h.slices = h.slices[len(h.slices)-40:] }, kind: Nothing, reason: "measuring for"},
		{name: "low only since a moment ago", scene: settled(even(4, 0.30, 0.10)),
			past: func(h *History) {
				for i := range h.slices[:len(h.slices)-perWindow] {
					h.slices[i].sum.CPU *= 8
				}
			}, kind: Nothing, reason: "between the marks"},
		{name: "pressure does not wait for the mean", scene: settled(change(even(4, 0.30, 0.10), 1, func(w *Worker) { w.Used = 87 * gb / 100 }), spare("s", 1)),
			past: func(h *History) { *h = History{} },
			kind: Activate, node: "s", reason: "w2 uses 87 % of its memory, pressure is from 85 % on"},
		{name: "pressure without a spare", scene: settled(change(even(4, 0.30, 0.10), 1, func(w *Worker) { w.Used = 87 * gb / 100 })),
			kind: Warn, node: "w2", reason: "no spare is left: start a worker, raise --max-memory, or delete keys"},
		{name: "pressure in a move", scene: func() Scene { s := settled(even(4, 0.9, 0.3), spare("s", 1)); s.Whole = false; return s }(),
			kind: Nothing, reason: "a spare is activated when it is time (replicas are missing or move)"},
		{name: "pressure, and nothing can move for it", scene: func() Scene {
			s := settled(even(4, 0.9, 0.3), spare("s", 1))
			s.Whole, s.NoRoom = false, true
			return s
		}(), kind: Activate, node: "s"},
		{name: "copies find no room, far below pressure", scene: func() Scene {
			s := settled(even(4, 0.7, 0.3), spare("s", 1))
			s.Whole, s.NoRoom = false, true
			return s
		}(), past: func(h *History) { h.restless = begin.Add(-time.Second) }, kind: Activate, node: "s", reason: "copies find no room, w1 uses 70 % of its memory"},
		{name: "copies find no room until others have moved", scene: func() Scene {
			s := settled(even(4, 0.7, 0.3), spare("s", 1))
			s.Whole, s.NoRoom, s.Moving = false, true, true
			return s
		}(), kind: Nothing, reason: "replicas are missing or move"},
		{name: "copies find no room, and there is no spare", scene: func() Scene {
			s := settled(even(4, 0.7, 0.3))
			s.Whole, s.NoRoom = false, true
			return s
		}(), kind: Warn, node: "w1", reason: "copies find no room, w1 uses 70 % of its memory; no spare is left: start a worker, raise --max-memory, or delete keys"},
		{name: "copies keep failing: a mean calls for a spare all the same", scene: func() Scene {
			s := settled(even(4, 0.3, 0.9), spare("s", 1))
			s.Whole, s.UnderWay, s.Failing = false, []string{"w9"}, []string{"w3"}
			return s
		}(), kind: Activate, node: "s", reason: "mean CPU 90 %"},
		{name: "copies keep failing: pressure calls for a spare all the same", scene: func() Scene {
			s := settled(change(even(4, 0.3, 0.1), 0, func(w *Worker) { w.Used = 86 * gb / 100 }), spare("s", 1))
			s.Whole, s.Failing = false, []string{"w3"}
			return s
		}(), kind: Activate, node: "s", reason: "w1 uses 86 %"},
		{name: "copies keep failing: none is let go, not even between two tries", scene: func() Scene {
			s := settled(even(4, 0.3, 0.1))
			s.Failing = []string{"w4", "w3"}
			return s
		}(), kind: Nothing, reason: "copies keep failing at w3, w4, and none is let go meanwhile"},
		{name: "no spare is left but the one that a cool-down keeps", scene: func() Scene {
			s := settled(even(4, 0.9, 0.3), spare("s", 1))
			s.Whole, s.NoRoom = false, true
			return s
		}(), past: func(h *History) { h.stepped = begin.Add(-80 * time.Second) },
			kind: Nothing, reason: "a spare is activated when it is time (cooling down for 40 s more)"},
		{name: "without copies of some of it, more is activated for the rest", scene: func() Scene {
			s := settled(even(4, 0.78, 0.3), spare("s", 1))
			s.Lost = 200
			return s
		}(), kind: Activate, node: "s", reason: "mean memory 78 % of 4 workers passed the high mark 75 %"},
		{name: "without copies of some of it, none is let go", scene: func() Scene {
			s := settled(even(4, 0.30, 0.10))
			s.Lost = 200
			return s
		}(), kind: Warn, reason: "and the others can carry it, but not what comes back with the 200 partitions that have no live copy: mend the link of who holds them, or give up what they held (pikv partition reset)"},
		{name: "pressure means nothing at a cache", scene: settled(change(even(4, 0.70, 0.10), 1, func(w *Worker) { w.Used, w.Evicts = gb, true }), spare("s", 1)),
			kind: Nothing, reason: "between the marks"},
		{name: "off", scene: settled(even(4, 0.90, 0.90), spare("s", 1)), policy: func(p *Policy) { p.Mode = Off },
			kind: Nothing, reason: "--autoscale is off"},
		{name: "nobody", scene: settled(nil), kind: Warn, reason: "0 workers active, fewer than 2 replicas, but no spare is left"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := testPolicy()
			if tc.policy != nil {
				tc.policy(&p)
			}
			h := seen(p, tc.scene)
			if tc.past != nil {
				tc.past(&h)
			}
			d, _ := p.Decide(h, tc.scene)
			if d.Kind != tc.kind || d.Node != tc.node || !strings.Contains(d.Reason, tc.reason) {
				t.Errorf("%v %q: %s\nwant %v %q: %s", d.Kind, d.Node, d.Reason, tc.kind, tc.node, tc.reason)
			}
		})
	}
}

// A step that is only advised changes nothing, and is advised for as long as
// its reason lasts; one that is carried out is followed by a cool-down.
func TestAdvice(t *testing.T) {
	s := settled(even(4, 0.78, 0.30), spare("s", 1))
	p := testPolicy()
	for mode, want := range map[Mode]Kind{Advise: Activate, On: Nothing} {
		p.Mode = mode
		_, h := p.Decide(seen(p, s), s)
		later := s
		later.Now = s.Now.Add(time.Second)
		if d, _ := p.Decide(h, later); d.Kind != want {
			t.Errorf("--autoscale %v: a second later %v: %s", mode, d.Kind, d.Reason)
		}
	}
}

// Where one worker was under pressure, as many workers with as much are not
// tried again: the ring would be as uneven as it was.
func TestPressureIsRemembered(t *testing.T) {
	p := testPolicy()
	s := settled(even(3, 0.40, 0.10), spare("s", 1))
	s.Active[0].Used = 86 * gb / 100 // mean 55 %
	d, h := p.Decide(seen(p, s), s)
	if d.Kind != Activate {
		t.Fatalf("%v: %s", d.Kind, d.Reason)
	}
	four := settled(even(4, 0.415, 0.10)) // the same, evenly spread
	h.slices, h.restless = seen(p, four).slices, time.Time{}
	if d, _ = p.Decide(h, four); d.Kind != Nothing || !strings.Contains(d.Reason, "one worker was under pressure") {
		t.Errorf("%v: %s", d.Kind, d.Reason)
	}
	less := settled(even(4, 0.36, 0.10))
	h.slices = seen(p, less).slices
	if d, _ = p.Decide(h, less); d.Kind != Spare {
		t.Errorf("with a seventh less: %v: %s", d.Kind, d.Reason)
	}
}

// What one worker could not bear is no matter any more when its weight or its memory has
// been put right; while it is away it does not count either.
func TestPressureIsForgotten(t *testing.T) {
	p := testPolicy()
	s := settled(even(3, 0.05, 0.10), spare("s", 1))
	s.Active[0].Used = 86 * gb / 100 // mean 32 %
	d, h := p.Decide(seen(p, s), s)
	if d.Kind != Activate {
		t.Fatalf("%v: %s", d.Kind, d.Reason)
	}
	h.restless = time.Time{}
	for _, tc := range []struct {
		name   string
		change func(active []Worker) []Worker
		kind   Kind
	}{
		{"as it was", func(active []Worker) []Worker { return active }, Nothing},
		{"pikv weight", func(active []Worker) []Worker { active[1].Weight = 2; return active }, Spare},
		{"more memory", func(active []Worker) []Worker { active[0].Capacity = 2 * gb; return active }, Spare},
		{"a cache now", func(active []Worker) []Worker { active[0].Evicts = true; return active }, Spare},
		{"drained", func(active []Worker) []Worker { return active[1:] }, Spare},
		{"a newcomer", func(active []Worker) []Worker {
			return append(active, Worker{Name: "x", Weight: 1, Capacity: gb, Used: 24 * gb / 100, Reported: true})
		}, Nothing},
	} {
		four := settled(tc.change(append(even(3, 0.24, 0.10), Worker{Name: "s", Weight: 1, Capacity: gb, Used: 24 * gb / 100, Reported: true})))
		h.slices = seen(p, four).slices
		if d, _ := p.Decide(h, four); d.Kind != tc.kind {
			t.Errorf("%s: %v: %s", tc.name, d.Kind, d.Reason)
		}
	}
}

// The others may be caches, or not have said how much memory they have: what one worker could not
// bear says nothing of them.
func TestPressureSaysNothingOfCaches(t *testing.T) {
	p := testPolicy()
	s := settled(even(4, 0.30, 0.10))
	for i := range s.Active[1:] {
		s.Active[i+1].Evicts = true
	}
	h := seen(p, s)
	h.lessons = []lesson{{pressed: 0.5}}
	if d, _ := p.Decide(h, s); d.Kind != Spare || d.Node != "w1" {
		t.Errorf("%v %s: %s", d.Kind, d.Node, d.Reason)
	}
}

func TestDecideChangesNothing(t *testing.T) {
	p := testPolicy()
	s := settled(even(4, 0.30, 0.10), spare("b", 2), spare("a", 1))
	s.Active[0].Name, s.UnderWay = "z", []string{"y", "x"}
	h := seen(p, s)
	before := fmt.Sprintf("%+v %+v", s, h)
	for range 3 {
		p.Decide(h, s)
		s.UnderWay = s.UnderWay[:2]
	}
	if after := fmt.Sprintf("%+v %+v", s, h); after != before {
		t.Errorf("was %s\nis  %s", before, after)
	}
}

// A try that fails again and again is no unrest: the cool-down ends between them.
func TestTriesThatFailAreNoUnrest(t *testing.T) {
	p := testPolicy()
	s := settled(even(4, 0.3, 0.9), spare("s", 1))
	h := seen(p, s)
	h.restless = s.Now
	for at := time.Duration(0); at < p.CoolDown; at += time.Second {
		s.Now, s.Whole, s.Failing = begin.Add(at), at/time.Second%20 != 0, []string{"w3"}
		var d Decision
		if d, h = p.Decide(h, s); d.Kind != Nothing {
			t.Fatalf("after %v %v: %s", at, d.Kind, d.Reason)
		}
	}
	s.Now = begin.Add(p.CoolDown)
	if d, _ := p.Decide(h, s); d.Kind != Activate {
		t.Errorf("%v: %s", d.Kind, d.Reason)
	}
}
