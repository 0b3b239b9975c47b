package master

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/register"
)

// How a register is taken up again. A master whose file is gone, or is older
// than what a worker knows, has begun a reign under a new id (authority); no
// view is in force. Every worker that follows another id is told to forswear
// it (register.Judge), and reports the view that it holds: its claim. When all that live
// have spoken, register.Rebuild makes the register's first State of the claims. Who
// comes later is heard by register.Hear, as long as partitions are frozen.
//
// A report with a claim is answered with epoch 0 until the claim is heard, and
// its worker adopts no view of the new register with a lower epoch than it was
// answered last, nor any while that is 0: register.MayAdopt says why.

// recover rebuilds the register when it is time to.
func (r *reconciler) recover(ctx context.Context, s scene) error {
	id := s.rg.ID
	missing := silent(s.live, s.heard, func(rep report) bool { return rep.Spoken(id) })
	complete := s.settled && len(s.live) > 0 && len(missing) == 0
	told := claimsOf(s.rg.ID, s.heard)
	if !complete && (!r.graceOver(s) || len(told) == 0) {
		r.sayWaiting(s, "recovering: waiting for the workers' views", missing)
		return nil
	}
	followed := func(inc placement.Incarnation) bool { return s.heard[inc].Spoken(id) }
	var rebuilt *register.State
	err := r.register.Update(ctx, func(base *register.State) (next *register.State, err error) {
		rebuilt = nil
		if r.authority.reign() != s.rg {
			return base, nil // a worker has turned up meanwhile that knows more still
		}
		if base.View != nil && base.View.MasterID == r.stillborn {
			base = &register.State{Forsworn: base.Forsworn, Orders: base.Orders}
		}
		rebuilt, err = register.Rebuild(id, base, told, followed, r.cfg.Recover)
		return rebuilt, err
	})
	if errors.Is(err, register.ErrNothingToRecover) {
		return r.giveUp(ctx, s)
	}
	if err != nil || rebuilt == nil {
		return err
	}
	r.reports.markHeard(s.heard, id)
	r.open.Store(true)
	fields := []zap.Field{zap.String("why", s.rg.Why), zap.Stringer("master_id", id), zap.Stringer("epoch", rebuilt.View.Epoch),
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
			zap.String("why", s.rg.Why))
	}
	return nil
}

// listen hears the claims that came after the register was rebuilt, and thaws
// what need not be frozen any more.
func (r *reconciler) listen(ctx context.Context, s scene) error {
	told := claimsOf(s.rg.ID, s.heard)
	followed := func(inc placement.Incarnation) bool { return told[inc] != nil || s.heard[inc].Followed(s.rg.ID) }
	edit := func(base *register.State) *register.State {
		if s.rg.InForce(base) == nil {
			return base
		}
		next := register.Hear(base, told, followed)
		if r.cfg.Recover {
			next = next.ThawAll()
		}
		return next
	}
	if edit(s.state) != s.state {
		before, left := 0, 0
		err := r.register.Update(ctx, func(base *register.State) (*register.State, error) {
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
	r.reports.markHeard(s.heard, s.rg.ID)
	return nil
}
