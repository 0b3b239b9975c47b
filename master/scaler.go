package master

import (
	"context"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
)

// scaleEvery is how often the policy is asked: workers report about as often.
const scaleEvery = time.Second

// scaler has the policy decide when a spare is woken and when a worker becomes
// one, and says so. Of the loop's goroutine, but for current.
type scaler struct {
	policy  autoscale.Policy
	events  *events
	history autoscale.History
	due     time.Time // when to look next
	said    autoscale.Decision

	current atomic.Pointer[autoscale.Decision] // what was decided last
}

func newScaler(policy autoscale.Policy, events *events) *scaler {
	s := &scaler{policy: policy, events: events}
	s.current.Store(&autoscale.Decision{Reason: "measuring"})
	return s
}

// decide asks the policy, if it is time to. The answer is to be carried out.
func (s *scaler) decide(scene autoscale.Scene) autoscale.Decision {
	if s.policy.Mode == autoscale.Off || scene.Now.Before(s.due) {
		return autoscale.Decision{}
	}
	s.due = scene.Now.Add(scaleEvery)
	var d autoscale.Decision
	d, s.history = s.policy.Decide(s.history, scene)
	s.current.Store(&d)
	step := d.Kind == autoscale.Wake || d.Kind == autoscale.Retire
	switch {
	case !step:
		s.said = d
		return autoscale.Decision{}
	case s.policy.Mode == autoscale.On:
		s.said = d
		return d
	case d.Kind != s.said.Kind || d.Node != s.said.Node: // it comes again until somebody follows it
		s.said = d
		s.events.note(eventScale, d.Node, "%s: pikv %s %s would do it (--autoscale advise)", d.Reason, verb(d.Kind), d.Node)
	}
	return autoscale.Decision{}
}

// verb is the command by which an operator does what the policy decides.
func verb(k autoscale.Kind) string {
	if k == autoscale.Wake {
		return "activate"
	}
	return "spare"
}

// sceneOf returns what the policy is to see: s, whose view v is in force, in which
// everything is in sync where it is wanted if whole.
func sceneOf(s scene, v *placement.View, whole, noRoom bool) autoscale.Scene {
	out := autoscale.Scene{Now: s.now, Replicas: v.Replicas, Whole: whole, NoRoom: noRoom}
	holds := make(map[placement.Incarnation]bool)
	for _, conf := range v.Partitions {
		for _, inc := range conf.InSync {
			holds[inc] = true
		}
		for _, inc := range conf.Learners {
			holds[inc] = true
		}
	}
	for _, w := range s.live {
		n, known := v.Node(w.Incarnation)
		switch {
		case !known:
		case n.State == placement.NodeActive:
			out.Active = append(out.Active, loadOf(n, w, s.heard[n.Incarnation], s.now))
		case holds[n.Incarnation]:
			out.UnderWay = append(out.UnderWay, n.Name)
		case n.State == placement.NodeSpare:
			out.Spares = append(out.Spares, loadOf(n, w, s.heard[n.Incarnation], s.now))
		}
	}
	return out
}

// loadOf returns what the policy is to know of node n of the view, which gossip
// shows as w.
func loadOf(n, w placement.Node, r report, now time.Time) autoscale.Worker {
	out := autoscale.Worker{
		Name: n.Name, StartedSpare: w.State == placement.NodeSpare, Weight: n.Share(), Capacity: n.Capacity, Used: r.used,
		Evicts: r.eviction == evictionLRU, Requests: r.load.Requests(), Reported: r.within(freshReport, now),
	}
	if r.load.CPUs > 0 {
		out.CPU = r.load.CPU / float64(r.load.CPUs)
	}
	return out
}

// scale takes the step that the policy decides on, if any.
func (r *reconciler) scale(ctx context.Context, s scene, v *placement.View, whole bool) {
	d := r.scaler.decide(sceneOf(s, v, whole, r.planner.noRoom > 0))
	var err error
	switch d.Kind {
	case autoscale.Wake:
		err = r.update(ctx, s, func(base *register.State) (next *register.State, err error) {
			next, _, err = register.Activate(base, s.live, d.Node)
			return next, err
		})
	case autoscale.Retire:
		err = r.update(ctx, s, func(base *register.State) (next *register.State, err error) {
			next, _, err = register.Spare(base, s.live, d.Node)
			return next, err
		})
	case autoscale.Nothing, autoscale.Warn:
		return
	}
	switch {
	case err == nil && d.Kind == autoscale.Wake:
		r.events.note(eventScale, d.Node, "%s is woken: %s", d.Node, d.Reason)
	case err == nil:
		r.events.note(eventScale, d.Node, "%s becomes a spare: %s", d.Node, d.Reason)
	case ctx.Err() == nil:
		r.log.Error("the scaling policy's step was refused", zap.Stringer("step", d.Kind), zap.String("node", d.Node), zap.Error(err))
	}
}
