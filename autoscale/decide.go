package autoscale

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Decide says what to do in scene s, after what h remembers, and returns what
// to remember. It changes neither. The policy has passed Validate.
func (p Policy) Decide(h History, s Scene) (Decision, History) {
	d := decider{policy: p, scene: s, history: h, floor: p.floor(s.Replicas), load: total(s.Active)}
	if p.Mode == Off {
		return d.nothing("--autoscale is off"), History{}
	}
	d.unheard = unheard(s.Active)
	if d.unheard == "" && len(s.Active) > 0 {
		d.history = d.history.observe(s.Now, d.load, p.Window).observeOwn(s.Now, s.Active, p.Window)
		mean := d.history.now(p.Window)
		mean.Capacity = d.load.Capacity
		d.load = mean
	}
	// Tries that fail never end: to wait for them would be to wait for ever.
	if len(s.Failing) == 0 && (!s.Whole || len(s.UnderWay) > 0) {
		d.history.restless = s.Now
	}
	d.history.calm = d.history.calm.age(s.Now, p)
	d.judgeReliefs()
	decision := d.sayUnhelped(d.decide())
	if decision.Kind == Activate || decision.Kind == Spare {
		d.carryOut(decision)
	}
	return decision, d.history
}

// decider is one call of Decide.
type decider struct {
	policy  Policy
	scene   Scene
	history History
	floor   int
	load    Totals  // the mean of the window; without reports what there is
	unheard string  // active workers without a fresh report, "" for none
	peak    Totals  // what one is made a spare by
	called  bool    // the load calls for a worker: a mean passed its high mark, or one is under pressure
	carried bool    // the mean of memory did, and no worker is under pressure
	pressed float64 // the mean share of memory at which one is under pressure; 0: none is, or it is not known
	urgent  bool    // workers or room are short for the copies that there are to be
	settled bool    // all report, everything has moved that can, and a cool-down has passed
	relieve Worker  // whose memory a spare is activated for; none: "" for its name
}

// carryOut remembers a step, if it will be taken.
func (d *decider) carryOut(step Decision) {
	if d.policy.Mode != On {
		return
	}
	d.history.restless, d.history.stepped = d.scene.Now, d.scene.Now
	if step.Kind == Activate && d.relieve.Name != "" {
		d.history.reliefs = d.reliefsWith(step.Node)
	}
	switch {
	case step.Kind == Spare:
		d.history.calm = d.history.calm.letGo(step.Node, d.scene.Now, d.peak)
	case d.called:
		// That processors are busy says nothing of memory.
		if d.carried || d.pressed > 0 {
			d.history.lessons = learn(d.history.lessons, lesson{d.pressed, members(d.scene.Active)})
		}
		d.history.calm = d.history.calm.cameBack(d.scene.Now, d.policy)
	default:
		d.history.calm = d.history.calm.replaced()
	}
}

// unheard lists those of workers that have not reported.
func unheard(workers []Worker) string {
	var names []string
	for _, w := range workers {
		if !w.Reported {
			names = append(names, w.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (d *decider) decide() Decision {
	tight, used := d.tightest()
	pressed := used >= Pressure
	if len(d.scene.Active) < d.floor {
		return d.fill(pressed)
	}
	if d.unheard != "" && !pressed { // of a mean too little is known; pressure is one's own
		return d.nothing("no fresh report of " + d.unheard)
	}
	if pressed || d.short(pressed) {
		return d.makeRoom(tight, used)
	}
	if why := d.waiting(); why != "" {
		return d.recall(why)
	}
	if left := d.history.missing(d.scene.Now, d.policy.Window, 1); left > 0 {
		return d.nothing("measuring for " + seconds(left) + " more")
	}
	if over := d.passedMark(); over != "" {
		return d.activate(over)
	}
	if failing := d.failing(); failing != "" {
		d.history.calm.low = time.Time{}
		return d.nothing(failing + ", and none is let go meanwhile")
	}
	return d.mindLost(d.makeSpare())
}

// failing says at which workers copies keep failing; "" for none.
func (d *decider) failing() string {
	if len(d.scene.Failing) == 0 {
		return ""
	}
	return "copies keep failing at " + strings.Join(slices.Sorted(slices.Values(d.scene.Failing)), ", ")
}

// passedMark says which mean is over its high mark; "" if none.
func (d *decider) passedMark() string {
	active := len(d.scene.Active)
	for _, m := range d.policy.means(d.load, active) {
		if m.value > m.marks.High {
			d.called, d.history.calm.low = true, time.Time{}
			d.carried = m.name == "memory"
			return fmt.Sprintf("mean %s %s of %s passed the high mark %s",
				m.name, m.text(m.value), workers(active), m.text(m.marks.High))
		}
	}
	return ""
}

// mindLost keeps a worker that is to be let go while partitions have no live copy: the
// load that comes back with them is in no figure. More workers do no harm meanwhile.
func (d *decider) mindLost(step Decision) Decision {
	if step.Kind != Spare || d.scene.Lost == 0 {
		return step
	}
	return d.warn("", fmt.Sprintf("%s, but not what comes back with the %d partitions that have no live copy: mend the link of who holds them, or give up what they held (pikv partition reset)",
		step.Reason, d.scene.Lost))
}

// waiting says why no step may be taken now, whatever the load.
func (d *decider) waiting() string {
	failing := len(d.scene.Failing) > 0
	if len(d.scene.UnderWay) > 0 && !failing {
		return "under way: " + strings.Join(slices.Sorted(slices.Values(d.scene.UnderWay)), ", ")
	}
	if !d.scene.Whole && !failing {
		return "replicas are missing or move"
	}
	if d.history.restless.IsZero() {
		return ""
	}
	return d.cooling(d.scene.Now.Sub(d.history.restless))
}

// activate activates a spare for the reason, if there is one.
func (d *decider) activate(reason string) Decision {
	spares := d.spares()
	if len(spares) == 0 {
		return d.warn("", reason+", but "+d.noSpare())
	}
	return d.step(Activate, d.chooseSpare(spares).Name, reason)
}

// later says that a step for the reason has to wait, and why.
func (d *decider) later(reason, why string) Decision {
	if len(d.spares()) > 0 {
		reason += "; a spare is activated when it is time"
	}
	return d.nothing(reason + " (" + why + ")")
}

func (d *decider) nothing(why string) Decision { return d.step(Nothing, "", why) }

func (d *decider) warn(node, why string) Decision { return d.step(Warn, node, why) }

func (d *decider) step(kind Kind, node, reason string) Decision {
	return Decision{Kind: kind, Node: node, Reason: reason, Workers: len(d.scene.Active), Load: d.load}
}
