package master

import (
	"pikv/autoscale"
	"pikv/placement"
)

// relieved is the share of its memory below which a worker is no longer under
// pressure: some way below autoscale.Pressure, so that one that stays about there
// is spoken of once.
const relieved = autoscale.Pressure - 0.05

// pressure watches whose memory gets short, and says so once for each time. Of the
// loop's goroutine.
type pressure struct {
	events *events
	relief string // what is to be done
	on     map[placement.Incarnation]bool
}

func newPressure(events *events, mode autoscale.Mode) *pressure {
	p := &pressure{events: events, relief: "activate a spare or start a worker", on: make(map[placement.Incarnation]bool)}
	if mode == autoscale.On {
		p.relief = "a spare is activated if there is one (--autoscale on); else start a worker"
	}
	return p
}

// observe looks at the workers of the scene. One that evicts is full on purpose.
func (p *pressure) observe(s scene) {
	seen := make(map[placement.Incarnation]bool, len(p.on))
	for _, w := range s.live {
		r := s.heard[w.Incarnation]
		if w.Capacity <= 0 || r.eviction == evictionLRU || !r.within(freshReport, s.now) {
			seen[w.Incarnation] = p.on[w.Incarnation]
			continue
		}
		share := float64(r.used) / float64(w.Capacity)
		switch {
		case !p.on[w.Incarnation] && share >= autoscale.Pressure:
			seen[w.Incarnation] = true
			p.events.note(eventPressure, w.Name, "%s uses %.0f %% of its memory: when it is full, writes there fail; %s, give it less weight, or delete keys",
				w.Name, 100*share, p.relief)
		case p.on[w.Incarnation] && share < relieved:
			p.events.note(eventPressure, w.Name, "%s uses %.0f %% of its memory again", w.Name, 100*share)
		default:
			seen[w.Incarnation] = p.on[w.Incarnation]
		}
	}
	p.on = seen
}
