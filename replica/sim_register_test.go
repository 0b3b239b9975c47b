package replica

import (
	"slices"

	"pikv/placement"
)

// simRegister is the master's part: the register, with a slow disk.
type simRegister struct {
	s       *sim
	saved   *placement.View   // on disk, so in force
	next    *placement.View   // on its way to the disk, nil for none
	view    *placement.View   // published: saved or an earlier one
	history []*placement.View // all that were published
	queue   []placement.Change
	nodes   bool  // membership changed
	busy    bool  // until what was written is published
	away    int64 // until then nobody reaches it
	life    int   // counts restarts
}

func (r *simRegister) init(s *sim) {
	replicas := 1
	if s.chance(0.25) {
		replicas = 2 // the core is ready for backups that stay
	}
	s.planner.replicas = replicas
	s.planner.retarget()
	view, err := placement.NewView("sim", 1, replicas, s.planner.nodes(), s.planner.target)
	if err != nil {
		panic(err)
	}
	*r = simRegister{s: s, saved: view, view: view, history: []*placement.View{view}}
	for _, h := range s.hosts {
		r.push(h.node, view)
	}
}

// request carries a core's request to the master.
func (r *simRegister) request(n *simNode, change placement.Change) {
	s := r.s
	s.note("request "+change.Kind.String(), uint64(change.Partition), uint64(change.Epoch), uint64(change.Node))
	if s.chance(0.03) || n.host.masterless > s.now {
		return
	}
	s.after(s.between(1, 15)*millisecond, func() { r.arrive(change) })
	if s.chance(0.05) {
		s.after(s.between(1, 3000)*millisecond, func() { r.arrive(change) })
	}
}

func (r *simRegister) arrive(change placement.Change) {
	if r.away > r.s.now {
		return
	}
	r.queue = append(r.queue, change)
	r.kick()
}

// kick starts a write, unless one is under way.
func (r *simRegister) kick() {
	if r.busy || r.away > r.s.now {
		return
	}
	r.busy = true
	r.later(r.s.between(0, 3)*millisecond, r.decide)
}

// later runs f unless the master is restarted meanwhile.
func (r *simRegister) later(delay int64, f func()) {
	life := r.life
	r.s.after(delay, func() {
		if r.life == life {
			f()
		}
	})
}

// decide makes the next view of what is queued.
func (r *simRegister) decide() {
	s := r.s
	base := r.saved
	if r.nodes {
		r.nodes = false
		v, err := base.WithNodes(s.planner.nodes())
		if err != nil {
			s.fail("%v", err)
			return
		}
		if v != nil {
			base = v
		}
	}
	queue := slices.DeleteFunc(r.queue, func(c placement.Change) bool {
		// No backup takes over from a dead primary yet, so a partition handed
		// to a dead node would be lost: let such a request be lost instead.
		return c.Kind == placement.HandOver && !s.procs[c.Node].alive
	})
	r.queue = nil
	next, refused := base.Next(s.plantInRequests(base, queue))
	for _, err := range refused {
		if err != nil {
			s.cover.hit(coverRefused)
		}
	}
	if next == nil {
		next = base
	}
	if next == r.saved {
		r.busy = false
		return
	}
	r.next = next
	if s.planted == plantPublishFirst {
		r.publish(next)
	}
	fsync := s.between(1, 25) * millisecond
	if s.chance(0.05) {
		fsync = 400 * millisecond
	}
	r.later(fsync, r.save)
}

// save puts the next view in force.
func (r *simRegister) save() {
	before := r.saved
	r.saved, r.next = r.next, nil
	r.s.check.transition(before, r.saved)
	if r.s.now < r.s.healAt && r.s.chance(0.01) {
		r.leave(r.s.duration(50, 500), true)
		return
	}
	r.later(r.s.between(0, 8)*millisecond, func() {
		r.publish(r.saved)
		r.busy = false
		if len(r.queue) > 0 || r.nodes {
			r.kick()
		}
	})
}

func (r *simRegister) publish(v *placement.View) {
	r.s.note("publish", uint64(v.Epoch), 0, 0)
	r.view = v
	r.history = append(r.history, v)
	for _, h := range r.s.hosts {
		r.push(h.node, v)
		if r.s.chance(0.02) {
			r.push(h.node, r.history[r.s.rng.IntN(len(r.history))])
		}
	}
}

// push sends a view to a node: mostly soon, sometimes late or never.
func (r *simRegister) push(n *simNode, v *placement.View) {
	s := r.s
	delay := s.between(1, 20) * millisecond
	if s.chance(0.05) {
		delay = s.between(100, 2500) * millisecond
	}
	if n.host.masterless > s.now || s.chance(0.1) {
		return
	}
	n.after(delay, func() { n.learn(v) })
}

// answer is the view that a node gets which asks, nil for no answer.
func (r *simRegister) answer() *placement.View {
	if r.away > r.s.now {
		return nil
	}
	return r.view
}

// leave makes the master unreachable; a restart loses what is not on disk.
func (r *simRegister) leave(duration int64, restart bool) {
	s := r.s
	s.note("away", uint64(duration), 0, 0)
	s.cover.hit(coverAway)
	r.away = s.now + duration
	if restart {
		if r.saved != r.view {
			s.cover.hit(coverCrashBeforePublish)
		}
		r.life++
		r.next, r.queue = nil, nil
		r.busy = true
		r.later(duration, func() {
			r.publish(r.saved)
			r.busy = false
			r.kick()
		})
	}
}
