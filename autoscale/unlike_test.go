package autoscale

import (
	"strings"
	"testing"
	"time"
)

// Two weak machines are busy, and the strong spare that is activated hardly
// notices: to make it a spare since the mean is low would begin anew.
func TestUnlikeMachinesDoNotFlap(t *testing.T) {
	p := testPolicy()
	weak := func(name string, cpu float64) Worker {
		return Worker{Name: name, Weight: 1, Capacity: gb, Used: gb / 4, CPU: cpu, Requests: 100, Reported: true}
	}
	strong := Worker{Name: "strong", StartedSpare: true, Weight: 4, Capacity: 4 * gb, Reported: true}
	active, history, now := false, History{}, begin
	whole, steps := now, []string{}
	for range 3600 {
		now = now.Add(time.Second)
		s := Scene{Now: now, Replicas: 2, Whole: !now.Before(whole)}
		if active {
			w := strong
			w.CPU, w.Used, w.Requests = 0.07, gb/2, 400
			s.Active = []Worker{weak("w1", 0.8/3), weak("w2", 0.8/3), w}
		} else {
			s.Active, s.Spares = []Worker{weak("w1", 0.8), weak("w2", 0.8)}, []Worker{strong}
		}
		var d Decision
		d, history = p.Decide(history, s)
		if d.Kind == Activate || d.Kind == Spare {
			if d.Kind == Spare && d.Node != "strong" {
				continue // one weak machine less is borne
			}
			active, whole = d.Kind == Activate, now.Add(30*time.Second)
			steps = append(steps, d.Kind.String())
		}
	}
	if len(steps) != 1 {
		t.Errorf("in an hour of constant load: %s", strings.Join(steps, " "))
	}
}

// A small machine and two big ones: the second copies would all lie on the small one
// if a big one were let go. By weights alone it could carry them.
func TestASmallMachineIsNotTheOnlyOneWithSecondCopies(t *testing.T) {
	h := newHerd([]int{1, 8, 8}, 3)
	h.members[2].StartedSpare = true
	h.play(t, time.Hour, func(time.Duration) Totals { return Totals{Used: 2 * 1.5 * gb} })
	if len(h.steps) != 1 || h.nodes["w0"] != "spare " {
		t.Errorf("in an hour of constant load: %v, want the small one to become a spare", h.nodes)
	}
}

// A spare that still holds what it had is activated again when copies would be
// missing without it, before one that is empty; else it is let go first.
func TestOneThatIsLeavingIsCalledBack(t *testing.T) {
	p := testPolicy()
	leaving := spare("leaving", 1)
	leaving.Leaving = true
	s := settled(even(1, 0.3, 0.3), spare("empty", 1), leaving)
	s.Whole, s.UnderWay = false, []string{"leaving"}
	if d, _ := p.Decide(History{}, s); d.Kind != Activate || d.Node != "leaving" {
		t.Errorf("below the floor: %v %s: %s", d.Kind, d.Node, d.Reason)
	}
	s = settled(even(4, 0.78, 0.3), leaving)
	if d, _ := p.Decide(seen(p, s), s); d.Kind != Warn {
		t.Errorf("above a mark: %v %s: %s", d.Kind, d.Node, d.Reason)
	}
	// Its copies find no room at the others: they are in sync still, so everything is
	// whole, and nothing moves.
	for _, memory := range []float64{0.8, 0.9, 1} {
		s = settled(even(3, memory, 0.3), spare("empty", 1), leaving)
		s.NoRoom, s.UnderWay = true, []string{"leaving"}
		if d, _ := p.Decide(History{}, s); d.Kind != Activate || d.Node != "leaving" {
			t.Errorf("without room, at %.0f %%: %v %s: %s", 100*memory, d.Kind, d.Node, d.Reason)
		}
	}
	// Nobody may call back one that an operator drains: an empty spare takes its part.
	s.Spares = s.Spares[:1]
	if d, _ := p.Decide(History{}, s); d.Kind != Activate || d.Node != "empty" {
		t.Errorf("a drain without room: %v %s: %s", d.Kind, d.Node, d.Reason)
	}
}

// One step a cool-down, whatever room is short; and what was called back for want of it
// is not let go again at the same load.
func TestRoomIsMadeOneStepACoolDown(t *testing.T) {
	p := testPolicy()
	leaving := spare("leaving", 1)
	leaving.Leaving = true
	s := settled(even(3, 0.5, 0.3), leaving, spare("empty", 1))
	s.Active[0].Used = gb
	s.NoRoom, s.UnderWay = true, []string{"leaving"}
	d, h := p.Decide(History{stepped: begin.Add(20*time.Second - p.CoolDown)}, s)
	if d.Kind != Nothing || !strings.HasSuffix(d.Reason, "; a spare is activated when it is time (cooling down for 20 s more)") {
		t.Fatalf("%v %s: %s", d.Kind, d.Node, d.Reason)
	}
	s.Now = begin.Add(20 * time.Second)
	if d, h = p.Decide(h, s); d.Kind != Activate || d.Node != "leaving" {
		t.Fatalf("%v %s: %s", d.Kind, d.Node, d.Reason)
	}
	again := settled(even(4, 0.5, 0.3), spare("empty", 1))
	h.slices, h.restless = seen(p, again).slices, time.Time{}
	if d, _ = p.Decide(h, again); d.Kind != Nothing {
		t.Errorf("%v %s: %s", d.Kind, d.Node, d.Reason)
	}
}
