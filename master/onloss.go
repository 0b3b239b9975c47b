package master

import (
	"context"
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
	var gone []placement.PartitionID
	var epoch placement.Epoch
	err := r.update(ctx, s, func(base *register.State) (*register.State, error) {
		gone = s.lost(base)
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
