package master

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
)

const (
	// maxTick is how often the loop looks although nothing happened: reports
	// age, and what failed is tried again.
	maxTick = 500 * time.Millisecond
	minTick = 10 * time.Millisecond
	// pause keeps a burst of changes from being planned for one by one.
	pause = 10 * time.Millisecond
	// graceFactor is for how many settling times the master waits for workers
	// that gossip calls alive but that do not report.
	graceFactor = 5
)

// reconciler is the loop that does what is due: begin a cluster, take up a lost
// register again, write down who takes part, plan. All that it knows beside
// the register is a hint and may be lost.
type reconciler struct {
	cfg       Config
	log       *zap.Logger
	authority *authority
	register  keeper
	reports   *reports
	planner   *planner
	members   func() []membership.Member
	changed   <-chan struct{} // members may have changed
	clock     func() time.Time

	// open is set once changes may be taken: after a restart that is when the
	// workers that live have reported, so that a file that is too old shows.
	open atomic.Bool
	// prod wakes the loop, size 1.
	prod chan struct{}

	// stillborn is the id under which a cluster was begun while a worker turned
	// up that holds something: nobody has seen that view, and it tells nothing.
	stillborn placement.MasterID

	events    *events
	scaler    *scaler
	balancer  *balancer
	pressure  *pressure
	failWatch *failWatch
	losses    lossWatch
	quiet     *quiet
	synced    *syncWatch
	nag       *nag
	rivals    map[uint64]bool // other masters that were spoken of
}

// equip builds the parts that the loop has for itself.
func (r *reconciler) equip() {
	r.events = newEvents(r.log, r.clock)
	r.scaler = newScaler(r.cfg.Scaling, r.events, r.clock())
	r.balancer = newBalancer(r.events)
	r.pressure = newPressure(r.events, r.cfg.Scaling.Mode)
	r.failWatch = newFailWatch(r.events)
}

// scene is what one step of the loop sees.
type scene struct {
	now     time.Time
	rg      *reign
	state   *register.State
	live    []placement.Node // the workers that gossip calls alive
	heard   map[placement.Incarnation]report
	settled bool
}

// whole reports whether the live workers are those of the view in force, no
// fewer and no more, and all have reported lately. Then there is no news of
// members that would have to settle: after a restart of the master changes
// resume as soon as everybody has spoken.
func (s scene) whole() bool {
	v := s.rg.InForce(s.state)
	if v == nil || len(v.Nodes) != len(s.live) {
		return false
	}
	for _, w := range s.live {
		if _, known := v.Node(w.Incarnation); !known || !s.heard[w.Incarnation].ready(v.MasterID, s.now) {
			return false
		}
	}
	return true
}

// last returns a worker's last report.
func (s scene) last(inc placement.Incarnation) (register.Report, bool) {
	r, ok := s.heard[inc]
	return r.Report, ok
}

// run is the loop; it returns when ctx ends.
func (r *reconciler) run(ctx context.Context) {
	tick := min(max(r.cfg.Settle/4, minTick), maxTick)
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for {
		_, superseded := r.register.State()
		r.step(ctx)
		stepped := time.Now()
		timer.Reset(tick)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			continue
		case <-superseded:
		case <-r.changed:
		case <-r.reports.fresh:
		case <-r.prod:
		}
		timer.Reset(pause - time.Since(stepped))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

// wake lets the loop look at once. Safe for concurrent use.
func (r *reconciler) wake() {
	select {
	case r.prod <- struct{}{}:
	default:
	}
}

// step does what is due now.
func (r *reconciler) step(ctx context.Context) {
	now := r.clock()
	members := r.members()
	r.watchRivals(members)
	state, _ := r.register.State()
	s := scene{
		now:     now,
		rg:      r.authority.reign(),
		state:   state,
		live:    liveOf(members),
		heard:   r.reports.snapshot(),
		settled: r.quiet.observe(members, now, r.cfg.Settle),
	}
	s.settled = s.settled || s.whole()
	var err error
	switch {
	case s.rg.InForce(state) != nil:
		err = r.serve(ctx, s)
	case s.rg.Recovering():
		err = r.recover(ctx, s)
	default:
		err = r.begin(ctx, s)
	}
	if err == nil || ctx.Err() != nil || errors.Is(err, errClosed) {
		return
	}
	if r.nag.due("step", now) {
		r.log.Error("cannot change the view", zap.Error(err))
	}
}

// begin starts a new cluster when it is time to.
func (r *reconciler) begin(ctx context.Context, s scene) error {
	if spares := len(s.live); spares > 0 && register.Actives(s.live) == 0 {
		if s.settled && r.nag.due("waiting", s.now) {
			r.log.Warn("all workers are spares: start one without --spare to begin the cluster", zap.Int("spares", spares))
		}
		return nil
	}
	if !s.settled || register.Actives(s.live) < r.cfg.BirthWorkers || !register.CanBegin(s.rg.ID, s.live, s.last) {
		r.sayWaiting(s, "waiting for workers to begin the cluster", silent(s.live, s.heard, func(rep report) bool { return rep.Empty(s.rg.ID) }))
		return nil
	}
	err := r.register.Update(ctx, func(base *register.State) (*register.State, error) {
		if base.View != nil || r.authority.reign() != s.rg {
			return base, nil // a worker has turned up meanwhile that holds something
		}
		birth := register.Birth{Cluster: r.cfg.Cluster, Partitions: r.cfg.Partitions, Replicas: r.cfg.Replicas}
		return register.Begin(birth, s.rg.ID, s.live)
	})
	if err != nil {
		return err
	}
	if r.authority.reign() != s.rg {
		r.stillborn = s.rg.ID
		return nil
	}
	r.open.Store(true)
	r.log.Info("cluster begun", zap.Stringer("master_id", s.rg.ID), zap.Int("workers", len(s.live)),
		zap.Int("partitions", r.cfg.Partitions), zap.Int("replicas", r.cfg.Replicas))
	return nil
}

// serve tends the view in force.
func (r *reconciler) serve(ctx context.Context, s scene) error {
	if err := r.listen(ctx, s); err != nil {
		return err
	}
	if !r.open.Load() {
		missing := silent(s.live, s.heard, func(rep report) bool { return rep.Follower(s.rg.ID) })
		if len(s.live) > 0 && len(missing) == 0 || r.graceOver(s) {
			r.open.Store(true)
		}
	}
	if s.settled {
		if err := r.tendNodes(ctx, s); err != nil {
			return err
		}
		if err := r.giveUpLost(ctx, s); err != nil {
			return err
		}
	}
	state, _ := r.register.State()
	v := s.rg.InForce(state)
	if v == nil || !r.open.Load() {
		r.planner.pause()
		return nil
	}
	if err := r.planner.plan(state, s.live, s.heard, s.now, s.settled); err != nil {
		return err
	}
	r.nag.over("step")
	health := r.health(state, s.live, s.heard, s.now)
	r.synced.observe(health.synced(), s.now)
	r.complain(s, v)
	lost := r.losses.observe(health.forsaken, s.now)
	if s.settled {
		r.pressure.observe(s)
		r.failWatch.observe(s, v, r.planner)
		r.balance(ctx, s, state, health.syncedBut(lost) && len(state.Frozen) == 0)
		if r.scaler.asks(s.now) {
			r.scale(ctx, s, state, lost)
		}
	}
	return nil
}

// health looks at the partitions of a State whose view is in force. Safe for
// concurrent use.
func (r *reconciler) health(s *register.State, live []placement.Node, heard map[placement.Incarnation]report, now time.Time) health {
	planned := r.planner.planned
	if r.planner.outdated(s.View, live) {
		planned = func(placement.PartitionID) bool { return true } // any of them may have to move
	}
	return healthOf(sights{state: s, live: live, heard: heard, planned: planned, now: now})
}

// complain speaks once a while of what keeps the cluster from being as it
// should be.
func (r *reconciler) complain(s scene, v *placement.View) {
	if r.planner.noRoom > 0 && r.nag.due("room", s.now) {
		r.log.Warn("partitions cannot move: the workers that ought to have them lack the memory, or fills fail there", zap.Int("partitions", r.planner.noRoom))
	}
	if active := len(register.Ready(v, s.live)); s.settled && active < v.Replicas && r.nag.due("replicas", s.now) {
		r.log.Warn("fewer active workers than replicas: what is written has fewer copies than was asked for; start more workers, or run `pikv replicas` with a smaller number",
			zap.Int("replicas", v.Replicas), zap.Int("workers", active))
	}
}

// update edits the register's State, if its view is in force still.
func (r *reconciler) update(ctx context.Context, s scene, edit func(*register.State) (*register.State, error)) error {
	return r.register.Update(ctx, func(base *register.State) (*register.State, error) {
		if s.rg.InForce(base) == nil {
			return base, nil
		}
		return edit(base)
	})
}

// tendNodes writes into the view who takes part.
func (r *reconciler) tendNodes(ctx context.Context, s scene) error {
	ready := func(inc placement.Incarnation) bool { return s.heard[inc].ready(s.rg.ID, s.now) }
	edit := func(base *register.State) (*register.State, error) { return register.Nodes(base, s.live, ready) }
	if same, err := edit(s.state); err != nil || same == s.state {
		return err
	}
	var before, after *placement.View
	err := r.update(ctx, s, func(base *register.State) (*register.State, error) {
		next, err := edit(base)
		if err == nil {
			before, after = base.View, next.View
		}
		return next, err
	})
	if err == nil && before != after {
		r.noteNodes(before, after)
	}
	return err
}

// noteNodes notes who has come and who has gone.
func (r *reconciler) noteNodes(before, after *placement.View) {
	for _, n := range after.Nodes {
		if _, known := before.Node(n.Incarnation); !known {
			r.events.note(eventJoin, n.Name, "%s has joined, %v, with a weight of %d", n.Name, n.State, n.Share())
		}
	}
	for _, n := range before.Nodes {
		if _, known := after.Node(n.Incarnation); !known {
			r.events.note(eventLeave, n.Name, "%s has left: it held nothing any more", n.Name)
		}
	}
}

// graceOver reports whether workers that gossip calls alive, but that do not
// report, have been waited for long enough.
func (r *reconciler) graceOver(s scene) bool {
	return s.now.Sub(s.rg.since) >= graceFactor*r.cfg.Settle
}

// sayWaiting logs once a while for whom the master waits.
func (r *reconciler) sayWaiting(s scene, what string, missing []string) {
	if s.settled && r.nag.due("waiting", s.now) {
		r.log.Info(what, zap.Int("workers", len(s.live)), zap.Strings("silent", missing))
	}
}
