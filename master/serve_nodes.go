package master

import (
	"context"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
	"pikv/rpcserver"
	"pikv/wire"
)

// What operators make of single workers. Each is durable when it is answered, and
// harmless to ask for again.

// serveDrain marks a worker as draining, and answers how much it still holds.
// The asker asks again, without repeating the order, until nothing is left.
func (f *front) serveDrain(ctx context.Context, c *rpcserver.Call) {
	var req wire.DrainRequest
	answer(c, &req, func() (wire.DrainReply, error) { return f.drain(ctx, req) })
}

// serveSpare is serveDrain of a worker that stays, as a spare.
func (f *front) serveSpare(ctx context.Context, c *rpcserver.Call) {
	var req wire.DrainRequest
	answer(c, &req, func() (wire.DrainReply, error) { return f.spare(ctx, req) })
}

// serveActivate puts a worker onto the ring.
func (f *front) serveActivate(ctx context.Context, c *rpcserver.Call) {
	var req wire.NodeRequest
	answer(c, &req, func() (wire.ActivateReply, error) {
		was, err := f.activate(ctx, req.Node)
		return wire.ActivateReply{Was: was}, err
	})
}

// serveWeight changes a worker's share of the ring.
func (f *front) serveWeight(ctx context.Context, c *rpcserver.Call) {
	var req wire.WeightRequest
	answer(c, &req, func() (wire.WeightReply, error) { return f.weigh(ctx, req) })
}

// serveRemove takes a worker that holds nothing out of the cluster for good.
func (f *front) serveRemove(ctx context.Context, c *rpcserver.Call) {
	var req wire.NodeRequest
	answer(c, &req, func() (wire.RemoveReply, error) { return wire.RemoveReply{}, f.remove(ctx, req.Node) })
}

// answer reads the call's body into req and answers with what do returns.
func answer[T any](c *rpcserver.Call, req any, do func() (T, error)) {
	if err := c.Body(req); err != nil {
		c.Fail(err)
		return
	}
	reply, err := do()
	if err != nil {
		c.Fail(err)
		return
	}
	c.ReplyBody(&reply)
}

func (f *front) drain(ctx context.Context, req wire.DrainRequest) (wire.DrainReply, error) {
	return f.retire(ctx, req, register.Drain, eventDrain, "%s begins to drain: what it holds moves away")
}

func (f *front) spare(ctx context.Context, req wire.DrainRequest) (wire.DrainReply, error) {
	into := register.Spare
	if f.cfg.Scaling.Mode == autoscale.On {
		into = f.spareAbove
	}
	return f.retire(ctx, req, into, eventSpare, "%s becomes a spare: what it holds moves away")
}

// spareAbove is register.Spare, refused where the scaling policy would undo it at once.
func (f *front) spareAbove(s *register.State, live []placement.Node, name string) (*register.State, int, error) {
	next, left, err := register.Spare(s, live, name)
	if err != nil || next == s {
		return next, left, err
	}
	least := max(s.View.Replicas, f.cfg.Scaling.MinWorkers)
	if stay := len(register.Ready(next.View, live)); stay < least && stay < len(register.Ready(s.View, live)) {
		return s, left, wire.Errorf(wire.CodeRefused, "%d workers would stay active, and with --autoscale on it is %d at least: activate another one first, or drain this one", stay, least)
	}
	return next, left, nil
}

// retire puts a worker into a state in which it is given nothing, unless it is only
// asked how much that one holds still.
func (f *front) retire(ctx context.Context, req wire.DrainRequest, into func(*register.State, []placement.Node, string) (*register.State, int, error),
	kind, text string) (reply wire.DrainReply, err error) {
	live, changed := liveOf(f.members()), false
	err = f.edit(ctx, func(base *register.State) (*register.State, error) {
		next, left, err := into(base, live, req.Node)
		if req.Ask && err == nil {
			next = base
		}
		changed = next != base
		reply = wire.DrainReply{Left: left, State: stateIn(next.View, live, req.Node).String()}
		return next, err
	})
	if err == nil && changed {
		f.events.note(kind, req.Node, text, req.Node)
	}
	return reply, err
}

// activate puts a worker onto the ring, and returns what it was before, in the words of
// memberStatus.
func (f *front) activate(ctx context.Context, name string) (was string, err error) {
	live, state := liveOf(f.members()), placement.NodeActive
	err = f.edit(ctx, func(base *register.State) (next *register.State, err error) {
		var left int
		next, state, left, err = register.Activate(base, live, name)
		was = shownState(state, left)
		return next, err
	})
	if err == nil && state != placement.NodeActive {
		short := ""
		if v, _, _, _ := f.view(); v != nil {
			short = shortOf(v, live, f.reports.snapshot(), name)
		}
		f.events.note(eventActivate, name, "%s is activated: it was %s%s", name, was, short)
	}
	return was, err
}

// weigh changes a worker's share of the ring.
func (f *front) weigh(ctx context.Context, req wire.WeightRequest) (reply wire.WeightReply, err error) {
	live := liveOf(f.members())
	if v, s, _, _ := f.view(); v != nil && !req.Force { // not within the edit: rings take time
		if err := enoughRoom(s, live, f.reports.snapshot(), req); err != nil {
			return reply, err
		}
	}
	err = f.edit(ctx, func(base *register.State) (*register.State, error) {
		next, was, err := register.SetWeight(base, live, req.Node, req.Weight)
		if err == nil {
			reply = weights(next.View, live, req.Node)
			if reply.Was = was; reply.Gone {
				reply.Weight = req.Weight
			}
		}
		return next, err
	})
	if err == nil && reply.Was != req.Weight {
		f.events.note(eventWeight, req.Node, "%s", reply.Text(req.Node))
	}
	return reply, err
}

// weights returns the weight of the live worker called name, if there is one, and
// that of all that are on the ring.
func weights(v *placement.View, live []placement.Node, name string) (w wire.WeightReply) {
	w.Gone = true
	for _, l := range live {
		if n, known := v.Node(l.Incarnation); known && n.Name == name {
			w.Weight, w.Gone = n.Share(), false
		}
	}
	for _, m := range placement.ActiveMembers(register.Ready(v, live)) {
		w.Total += m.Weight
	}
	return w
}

// remove takes a worker that holds nothing out of the cluster for good.
func (f *front) remove(ctx context.Context, name string) error {
	live := liveOf(f.members())
	changed := false
	err := f.edit(ctx, func(base *register.State) (*register.State, error) {
		next, err := register.Remove(base, live, name)
		changed = next != base
		return next, err
	})
	if err == nil && changed {
		f.events.note(eventRemove, name, "%s is removed; if it is started again it is a new member", name)
	}
	return err
}
