package master

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"pikv/placement"
)

// How a register is taken up again. A master whose file is gone, or is older
// than what a worker knows, has begun a reign under a new id (authority); no
// view is in force. Every worker that follows another id is told to forswear
// it (judge), and reports the view that it holds: its claim. When all that live
// have spoken, rebuild makes the register's first State of the claims. Who
// comes later is heard by hear, as long as partitions are frozen.
//
// A worker's claim must not be lost between its report and the view that it
// adopts next:
//
//	X, cut off, holds partition 7 at epoch 50, in sync alone
//	the master publishes epoch N with partition 7 as B knew it: epoch 30, {B}
//	X is back, follows the new id and reports its claim
//	X fetches N, in which it holds nothing, and clears partition 7
//	the master hears the claim
//
// So a report with a claim is answered with epoch 0 until the claim is heard,
// and X adopts no view of the new register with a lower epoch than it was
// answered last, nor any while that is 0.

// recover rebuilds the register when it is time to.
func (r *reconciler) recover(ctx context.Context, s scene) error {
	id := s.rg.id
	missing := silent(s.workers, s.heard, func(rep report) bool { return rep.spoken(id) })
	complete := s.settled && len(s.workers) > 0 && len(missing) == 0
	told := s.claims()
	if !complete && (!r.graceOver(s) || len(told) == 0) {
		r.sayWaiting(s, "recovering: waiting for the workers' views", missing)
		return nil
	}
	followed := func(inc placement.Incarnation) bool { return r.cfg.Recover || s.heard[inc].spoken(id) }
	var rebuilt *State
	err := r.register.Update(ctx, func(base *State) (next *State, err error) {
		rebuilt, err = rebuild(id, base, told, followed)
		return rebuilt, err
	})
	if errors.Is(err, errNothingToRecover) {
		return r.giveUp(ctx, s)
	}
	if err != nil {
		return err
	}
	r.reports.markHeard(s.heard, id)
	r.open.Store(true)
	fields := []zap.Field{zap.String("why", s.rg.why), zap.Stringer("master_id", id), zap.Stringer("epoch", rebuilt.View.Epoch),
		zap.Int("claims", len(told)), zap.Strings("silent", missing), zap.Int("frozen", len(rebuilt.Frozen))}
	if r.cfg.Recover {
		r.log.Warn("register rebuilt with --recover: writes that only an absent worker knows may be lost", fields...)
	} else {
		r.log.Warn("register rebuilt from the workers' views", fields...)
	}
	return nil
}

// giveUp is for a cluster whose last worker with a view has gone since the
// recovery began. What it held is lost, which only an operator may accept.
func (r *reconciler) giveUp(ctx context.Context, s scene) error {
	if r.cfg.Recover {
		return r.begin(ctx, s)
	}
	if r.nag.due("nothing", s.now) {
		r.log.Error("no worker is left that knows the cluster's view, and this master has none: wait for one to come back, or start with --recover to begin anew without its data",
			zap.String("why", s.rg.why))
	}
	return nil
}

// listen hears the claims that came after the register was rebuilt, and thaws
// what need not be frozen any more.
func (r *reconciler) listen(ctx context.Context, s scene) error {
	told := s.claims()
	followed := func(inc placement.Incarnation) bool { return told[inc] != nil || s.heard[inc].followed(s.rg.id) }
	edit := func(base *State) *State {
		if s.rg.inForce(base) == nil {
			return base
		}
		next := hear(base, told, followed)
		if r.cfg.Recover {
			next = thawAll(next)
		}
		return next
	}
	if edit(s.state) != s.state {
		before, left := 0, 0
		err := r.register.Update(ctx, func(base *State) (*State, error) {
			next := edit(base)
			before, left = len(base.Frozen), len(next.Frozen)
			return next, nil
		})
		if err != nil {
			return err
		}
		switch {
		case left < before && r.cfg.Recover:
			r.log.Warn("frozen partitions opened by --recover: writes that only an absent worker knows may be lost", zap.Int("partitions", before))
		case left < before:
			r.log.Info("partitions need not be frozen any more", zap.Int("partitions", before-left), zap.Int("left", left))
		}
	}
	r.reports.markHeard(s.heard, s.rg.id)
	return nil
}

// claims returns the views that followers of the reign hold of older
// registers.
func (s scene) claims() claims {
	told := make(claims)
	for inc, r := range s.heard {
		if r.follower(s.rg.id) && r.claim != nil {
			told[inc] = r.claim
		}
	}
	return told
}
