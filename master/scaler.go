package master

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"go.uber.org/zap"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
)

const (
	// scaleEvery is how often the policy is asked at least: workers report about as
	// often.
	scaleEvery = time.Second
	// scalePerWindow is how often within a window: twice what the policy needs, since
	// the loop may be late.
	scalePerWindow = 6
)

// scaler has the policy decide when a spare is activated and when a worker becomes
// one, and says so. Of the loop's goroutine, but for current.
type scaler struct {
	policy  autoscale.Policy
	events  *events
	history autoscale.History
	before  autoscale.History    // history before the last decision
	due     time.Time            // when to look next
	said    map[saying]time.Time // what was told as an event and not carried out, and when it was decided last

	current atomic.Pointer[autoscale.Decision] // what was decided last
}

// saying is a decision that is told.
type saying struct {
	kind  autoscale.Kind
	node  string
	cause string // its reason without figures and names, which change while it lasts
}

// causeOf is the cause of a decision about that scene.
func causeOf(reason string, scene autoscale.Scene) string {
	for _, w := range slices.Concat(scene.Active, scene.Spares) {
		reason = strings.ReplaceAll(reason, w.Name+" ", "")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, reason)
}

// newScaler begins with a cool-down: what the master before it has done is not known.
func newScaler(policy autoscale.Policy, events *events, now time.Time) *scaler {
	s := &scaler{policy: policy, events: events, history: autoscale.Begin(now), said: make(map[saying]time.Time)}
	s.current.Store(&autoscale.Decision{Reason: "measuring"})
	return s
}

// asks reports whether it is time to ask the policy.
func (s *scaler) asks(now time.Time) bool {
	return s.policy.Mode != autoscale.Off && !now.Before(s.due)
}

// decide asks the policy. A step in the answer is to be carried
// out; everything else that somebody should know of has been said.
func (s *scaler) decide(scene autoscale.Scene) autoscale.Decision {
	s.due = scene.Now.Add(min(scaleEvery, s.policy.Window/scalePerWindow))
	var d autoscale.Decision
	s.before = s.history
	d, s.history = s.policy.Decide(s.before, scene)
	s.current.Store(&d)
	switch {
	case d.Kind == autoscale.Nothing:
		return autoscale.Decision{}
	case d.Kind == autoscale.Warn:
		s.say(scene, d, d.Reason)
		return autoscale.Decision{}
	case s.policy.Mode == autoscale.Advise:
		s.say(scene, d, fmt.Sprintf("%s: pikv %v %s would do it (--autoscale advise)", d.Reason, d.Kind, d.Node))
		return autoscale.Decision{}
	default:
		return d
	}
}

// notTaken has the history go on as if the step that was decided on in scene had only been advised.
func (s *scaler) notTaken(scene autoscale.Scene) {
	advised := s.policy
	advised.Mode = autoscale.Advise
	_, s.history = advised.Decide(s.before, scene)
}

// say tells of a decision that nobody carries out: it comes again for as long as its
// reason lasts, or with every swing of the load about a mark, and is told when it
// has not been so for a cool-down. Another cause is told at once.
func (s *scaler) say(scene autoscale.Scene, d autoscale.Decision, text string) {
	now := scene.Now
	for what, at := range s.said {
		if now.Sub(at) >= s.policy.CoolDown {
			delete(s.said, what)
		}
	}
	what := saying{d.Kind, d.Node, causeOf(d.Reason, scene)}
	if d.Kind != autoscale.Warn {
		what.node = "" // of equal workers now one is named and now the other
	}
	_, told := s.said[what]
	s.said[what] = now
	if told {
		return
	}
	s.events.note(eventScale, d.Node, "%s", text)
}

// sceneOf returns what the policy is to see of the workers of s, whose view v is in force.
func sceneOf(s scene, v *placement.View) autoscale.Scene {
	out := autoscale.Scene{Now: s.now, Replicas: v.Replicas}
	started := make(map[placement.Incarnation]placement.NodeState, len(s.live))
	for _, w := range s.live {
		started[w.Incarnation] = w.State
	}
	there := func(inc placement.Incarnation) bool { _, alive := started[inc]; return alive || s.reporting(inc) }
	holds := make(map[placement.Incarnation]bool)
	for _, conf := range v.Partitions {
		for _, inc := range conf.InSync {
			holds[inc] = true
		}
		if !slices.ContainsFunc(conf.InSync, there) {
			continue // nobody fills its learners any more, or drops them
		}
		for _, inc := range conf.Learners {
			holds[inc] = true
		}
	}
	for _, n := range v.Nodes {
		r := s.heard[n.Incarnation]
		state, alive := started[n.Incarnation]
		if !alive && (r.Gone || !r.within(freshReport, s.now)) {
			continue // gossip may lose sight of one that reports
		}
		w := loadOf(n, r, s.now)
		w.StartedSpare, w.Leaving = state == placement.NodeSpare, n.State == placement.NodeSpare && holds[n.Incarnation]
		switch {
		case n.State == placement.NodeActive:
			out.Active = append(out.Active, w)
			continue
		case n.State == placement.NodeSpare && alive:
			out.Spares = append(out.Spares, w)
		}
		if holds[n.Incarnation] {
			out.UnderWay = append(out.UnderWay, n.Name)
		}
	}
	return out
}

// loadOf returns what the policy is to know of the load of node n of the view.
func loadOf(n placement.Node, r report, now time.Time) autoscale.Worker {
	out := autoscale.Worker{
		Name: n.Name, Weight: n.Share(), Capacity: n.Capacity, Used: r.used,
		Evicts: r.eviction == evictionLRU, Requests: r.load.Requests(), Reported: r.within(freshReport, now),
	}
	if r.load.CPUs > 0 {
		out.CPU = r.load.CPU / float64(r.load.CPUs)
	}
	return out
}

// scale takes the step that the policy decides on, if any. Partitions that are lost are not
// waited for. Hand-overs among replicas in sync are as good as done: nothing moves for these.
func (r *reconciler) scale(ctx context.Context, s scene, state *register.State, lost int) {
	h := healthOf(sights{state: state, live: s.live, heard: s.heard, planned: r.planner.filling, failing: r.planner.failing, now: s.now})
	seen := sceneOf(s, state.View)
	seen.Whole, seen.Lost = h.syncedBut(lost) && len(state.Frozen) == 0, h.forsaken
	seen.NoRoom, seen.Moving = r.planner.pressing > 0, h.count[moving] > h.stalled || r.planner.progresses()
	if h.syncedBut(lost+h.failing) && len(state.Frozen) == 0 {
		seen.Failing = r.planner.failingAt(state.View, seen.UnderWay)
	}
	if !r.carryOut(ctx, s, r.scaler.decide(seen)) {
		r.scaler.notTaken(seen)
	}
}

// carryOut takes a step, unless an order that was given since the scene makes it
// another one, and reports whether nothing is left to do.
func (r *reconciler) carryOut(ctx context.Context, s scene, d autoscale.Decision) (done bool) {
	from, text, step := placement.NodeSpare, "%s is activated: %s", activateSpare
	switch d.Kind {
	case autoscale.Activate:
	case autoscale.Spare:
		from, text, step = placement.NodeActive, "%s becomes a spare: %s", r.spareActive
	case autoscale.Nothing, autoscale.Warn:
		return true
	}
	taken := false
	err := r.update(ctx, s, func(base *register.State) (next *register.State, err error) {
		next = base
		if stateIn(base.View, s.live, d.Node) == from {
			next, err = step(base, s.live, d.Node)
		}
		taken = err == nil && next != base
		return next, err
	})
	switch {
	case err == nil && taken:
		r.events.note(eventScale, d.Node, text, d.Node, d.Reason)
		return true
	case err != nil && ctx.Err() == nil && r.nag.due("scale", s.now): // it is tried again with each look
		r.log.Error("the scaling policy's step was refused", zap.Stringer("step", d.Kind), zap.String("node", d.Node), zap.Error(err))
	}
	return false
}

func activateSpare(base *register.State, live []placement.Node, name string) (*register.State, error) {
	next, _, _, err := register.Activate(base, live, name)
	return next, err
}

// spareActive makes a spare of a worker, if enough stay.
func (r *reconciler) spareActive(base *register.State, live []placement.Node, name string) (*register.State, error) {
	if len(register.Ready(base.View, live)) <= max(base.View.Replicas, r.cfg.Scaling.MinWorkers) {
		return base, nil
	}
	next, _, err := register.Spare(base, live, name)
	return next, err
}

// stateIn returns the state of the live run of the worker called name; one that is
// not in v counts as draining: nothing is to be made of it.
func stateIn(v *placement.View, live []placement.Node, name string) placement.NodeState {
	for _, w := range live {
		if n, known := v.Node(w.Incarnation); known && n.Name == name {
			return n.State
		}
	}
	return placement.NodeDraining
}
