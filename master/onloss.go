package master

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/register"
)

// What a master does about partitions of which every replica is lost.
const (
	OnLossWait  = "wait"  // nothing, until an operator resets them
	OnLossReset = "reset" // begin anew without what they held: for caches
)

// checkOnLoss returns nil for one of the above.
func checkOnLoss(value string) error {
	if value != OnLossWait && value != OnLossReset {
		return fmt.Errorf("on loss %q: it must be %s or %s", value, OnLossWait, OnLossReset)
	}
	return nil
}

// giveUpLost resets the partitions that are lost for good, if that is what the
// operator has chosen: every in-sync replica's node is back as a newer
// incarnation. Never while the master is recovering, or has just started and
// has not heard from everyone: what it takes for the last configuration may not
// be.
func (r *reconciler) giveUpLost(ctx context.Context, s scene) error {
	if r.cfg.OnLoss != OnLossReset || !r.open.Load() {
		return nil
	}
	if len(s.lost(s.state)) == 0 {
		return nil
	}
	if err := r.mayGiveUp(s.rg.ID); err != nil {
		if r.nag.due("give up", s.now) {
			r.log.Warn("lost partitions are not reset yet", zap.Error(err))
		}
		return nil
	}
	var gone []placement.PartitionID
	var epoch placement.Epoch
	err := r.update(ctx, s, func(base *register.State) (*register.State, error) {
		gone = s.lost(base)
		if err := r.mayGiveUp(s.rg.ID); err != nil {
			return base, err
		}
		next, err := register.Reset(base, gone, s.live)
		if err == nil {
			epoch = next.Epoch()
		}
		return next, err
	})
	if err != nil {
		return fmt.Errorf("reset lost partitions: %w", err)
	}
	if len(gone) == 0 {
		return nil // somebody was quicker
	}
	r.log.Warn("lost partitions were reset: what they held is gone, as --on-loss reset has it",
		zap.Int("partitions", len(gone)), zap.Stringer("epoch", epoch))
	return nil
}

// errUnsure is returned for partitions that this master must not give up now.
var errUnsure = errors.New("not to be reset now")

// mayGiveUp returns nil while this master may give up what a partition held:
// gossip knows no other master, and every worker that it calls alive has
// reported lately as a follower of id. Safe for concurrent use.
//
// Any other change is asked for by a replica, which follows one register. A
// reset is asked for by nobody who holds anything; without this
//
//	master A is cut off; B takes its place under a later id
//	B moves partition 7 from X to Y, where clients write to it
//	A is back, and X has been restarted: by A's file, 7 is lost
//	A resets 7, to a worker that has not heard of B yet
//
// and the new life hides what Y holds.
func (r *reconciler) mayGiveUp(id placement.MasterID) error {
	members, heard, now := r.members(), r.reports.snapshot(), r.clock()
	if rivals := rivalsOf(members, r.cfg.Name); len(rivals) > 0 {
		return fmt.Errorf("%w: another master, %q at %s, runs in this cluster: stop one of the two first", errUnsure, rivals[0].Name, rivals[0].RPCAddr)
	}
	missing := silent(liveOf(members), heard, func(rep report) bool { return rep.ready(id, now) })
	if len(missing) > 0 {
		return fmt.Errorf("%w: %s not reported to this master lately, and may know more: wait for a moment, or stop who does not follow it",
			errUnsure, listed(missing))
	}
	return nil
}

// listed names the first of several workers in a sentence, with its verb.
func listed(names []string) string {
	const most = 8
	switch {
	case len(names) == 1:
		return fmt.Sprintf("worker %q has", names[0])
	case len(names) > most:
		return fmt.Sprintf("%d workers, %q among them, have", len(names), names[:most])
	default:
		return fmt.Sprintf("workers %q have", names)
	}
}

// lost returns the partitions of st that are lost and not frozen.
func (s scene) lost(st *register.State) []placement.PartitionID {
	if s.rg.InForce(st) == nil {
		return nil
	}
	ids, _ := register.Given(st, register.Fates(st.View, s.live, s.reporting), register.Lost)
	return ids
}

// reporting reports whether a worker has reported lately.
func (s scene) reporting(inc placement.Incarnation) bool {
	return s.heard[inc].within(freshReport, s.now)
}
