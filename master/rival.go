package master

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/rpcclient"
	"pikv/wire"
)

// ErrSecondMaster is returned by Start when a master of the cluster runs
// already.
var ErrSecondMaster = errors.New("the cluster has a master already")

const (
	// rivalPatience is for how long gossip may go on to call a master alive
	// that does not answer: longer than it takes to find a death.
	rivalPatience = 10 * time.Second
	rivalPoll     = 200 * time.Millisecond
	rivalCall     = time.Second
)

// rivalsOf returns the masters among members with another name than own.
// Gossip knows one live node of a name.
func rivalsOf(members []membership.Member, own string) []membership.Member {
	var rivals []membership.Member
	for _, m := range members {
		if m.Role == membership.RoleMaster && m.Name != own {
			rivals = append(rivals, m)
		}
	}
	return rivals
}

// awaitNoRival returns nil once gossip knows of no other master. One that
// answers a call is a rival at once; one that does not may be a dead one that
// gossip has not buried yet, and is given time.
func awaitNoRival(ctx context.Context, patience time.Duration, own string, members func() []membership.Member, changed <-chan struct{}) error {
	pool := rpcclient.NewPool(rpcclient.Config{DialTimeout: rivalCall})
	defer func() { _ = pool.Close() }() // only dead connections can fail
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	poll := time.NewTicker(rivalPoll)
	defer poll.Stop()
	for {
		rivals := rivalsOf(members(), own)
		if len(rivals) == 0 {
			return nil
		}
		for _, m := range rivals {
			if answersAsMaster(ctx, pool, m.RPCAddr) {
				return rivalError(m, "is alive")
			}
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return fmt.Errorf("look for another master: %w", ctx.Err())
			}
			return rivalError(rivals[0], "does not answer, but gossip says that it is alive")
		case <-changed:
		case <-poll.C:
		}
	}
}

// watchRivals speaks, once each, of other masters of this cluster.
func (r *reconciler) watchRivals(members []membership.Member) {
	for _, m := range rivalsOf(members, r.cfg.Name) {
		if !r.rivals[m.Incarnation] {
			r.rivals[m.Incarnation] = true
			r.log.Error("another master runs in this cluster: stop one of the two",
				zap.String("other", m.Name), zap.String("address", m.RPCAddr))
		}
	}
}

// rivalError names the other master and says what can be done.
func rivalError(m membership.Member, what string) error {
	return fmt.Errorf("%w: %q at %s %s; stop it first, or give this one another --cluster", ErrSecondMaster, m.Name, m.RPCAddr, what)
}

// answersAsMaster reports whether a master answers at addr.
func answersAsMaster(ctx context.Context, pool *rpcclient.Pool, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, rivalCall)
	defer cancel()
	conn, err := pool.Get(ctx, addr)
	if err != nil {
		return false
	}
	var status wire.StatusReply
	if err := conn.CallBody(ctx, wire.MethodStatus, nil, &status); err != nil {
		return false
	}
	return status.Role == string(membership.RoleMaster)
}
