package master

import (
	"context"
	"errors"
	"slices"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/register"
	"pikv/rpcserver"
	"pikv/wire"
)

// What operators ask for. Each is durable when it is answered, and harmless to
// ask for again.

// serveReplicas changes the number of replicas that each partition is to have;
// 0 only asks for it.
func (f *front) serveReplicas(ctx context.Context, c *rpcserver.Call) {
	var req wire.ReplicasRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	reply, err := f.setReplicas(ctx, req.Replicas)
	if err != nil {
		c.Fail(err)
		return
	}
	c.ReplyBody(&reply)
}

func (f *front) setReplicas(ctx context.Context, n int) (wire.ReplicasReply, error) {
	if n < 0 || n > placement.MaxReplicas {
		return wire.ReplicasReply{}, wire.Errorf(wire.CodeBadRequest, "replicas must be 1 to %d, not %d", placement.MaxReplicas, n)
	}
	if n == 0 {
		v, err := f.awaitView(ctx)
		if err != nil {
			return wire.ReplicasReply{}, err
		}
		return wire.ReplicasReply{Replicas: v.Replicas, Was: v.Replicas}, nil
	}
	was := 0
	err := f.edit(ctx, func(base *register.State) (*register.State, error) {
		was = base.View.Replicas
		return base.WithReplicas(n)
	})
	if err != nil {
		return wire.ReplicasReply{}, err
	}
	if was != n {
		f.events.note(eventReplicas, "", "each partition is to have %d replicas: before it was %d", n, was)
	}
	return wire.ReplicasReply{Replicas: n, Was: was}, nil
}

// serveReset gives up partitions of which no in-sync replica lives.
func (f *front) serveReset(ctx context.Context, c *rpcserver.Call) {
	var req wire.ResetRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	reply, err := f.reset(ctx, req)
	if err != nil {
		c.Fail(err)
		return
	}
	c.ReplyBody(&reply)
}

func (f *front) reset(ctx context.Context, req wire.ResetRequest) (wire.ResetReply, error) {
	if req.AllLost == (len(req.Partitions) > 0) {
		return wire.ResetReply{}, wire.Errorf(wire.CodeBadRequest, "name partitions, or ask for all that are lost")
	}
	if len(req.Partitions) > placement.Slots {
		return wire.ResetReply{}, wire.Errorf(wire.CodeBadRequest, "%d partitions are more than there can be", len(req.Partitions))
	}
	live := liveOf(f.members())
	var ids []placement.PartitionID
	err := f.edit(ctx, func(base *register.State) (*register.State, error) {
		if !f.loop.open.Load() {
			return base, wire.Errorf(wire.CodeBusy, "the master has just started and listens to the workers first: try again in a moment")
		}
		if err := f.loop.mayGiveUp(base.View.MasterID); err != nil {
			return base, err
		}
		ids = nil
		for _, p := range req.Partitions {
			ids = append(ids, placement.PartitionID(p))
		}
		frozen := 0
		if req.AllLost {
			ids, frozen = register.Given(base, register.Fates(base.View, live, nil), register.Silent)
		}
		if len(ids) == 0 && frozen > 0 {
			return base, wire.Errorf(wire.CodeRefused, "%d partitions of which no in-sync replica is alive are frozen: workers may come back that know more of them; start the master with --recover to give those up", frozen)
		}
		next, err := register.Reset(base, ids, live)
		if err == nil {
			err = f.stillReport(base, ids)
		}
		if err != nil {
			return base, err
		}
		return next, nil
	})
	if err != nil {
		return wire.ResetReply{}, err
	}
	reply := wire.ResetReply{Reset: []uint16{}}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		reply.Reset = append(reply.Reset, uint16(id))
	}
	if len(ids) > 0 {
		f.log.Warn("partitions were reset at an operator's request: what they held is gone", zap.Int("partitions", len(reply.Reset)))
	}
	return reply, nil
}

// stillReport refuses to give up, for the moment, what an in-sync replica holds that
// reports to this master: gossip may have lost sight of a worker which serves. ids
// are partitions of s.
func (f *front) stillReport(s *register.State, ids []placement.PartitionID) error {
	heard, now := f.reports.snapshot(), f.clock()
	for _, id := range ids {
		for _, inc := range s.View.Partitions[id].InSync {
			if r := heard[inc]; !r.Gone && r.within(presence, now) {
				return wire.Errorf(wire.CodeBusy, "partition %d is in sync on %q, which gossip calls dead, but which has reported within the last second: try again in a moment", id, r.Name)
			}
		}
	}
	return nil
}

// edit changes the State whose view is in force on behalf of an operator, and
// lets the loop look at what follows. The error is for the wire.
func (f *front) edit(ctx context.Context, change func(*register.State) (*register.State, error)) error {
	if _, err := f.awaitView(ctx); err != nil {
		return err
	}
	rg := f.authority.reign()
	err := f.register.Update(ctx, func(base *register.State) (*register.State, error) {
		if rg.InForce(base) == nil {
			return base, wire.Errorf(wire.CodeBusy, "the master is recovering: try again in a moment")
		}
		return change(base)
	})
	switch {
	case err == nil:
		f.loop.wake()
		return nil
	case errors.Is(err, register.ErrUnknownWorker):
		return wire.Errorf(wire.CodeUnknownNode, "%v", err)
	case errors.Is(err, register.ErrWeights):
		return wire.Errorf(wire.CodeBadRequest, "%v", err)
	case errors.Is(err, register.ErrLastWorker), errors.Is(err, register.ErrDead), errors.Is(err, register.ErrHolds),
		errors.Is(err, register.ErrResetRefused), errors.Is(err, errUnsure):
		return wire.Errorf(wire.CodeRefused, "%v", err)
	default:
		return registerError(err)
	}
}
