package master

import (
	"context"
	"slices"
	"time"

	"pikv/placement"
	"pikv/register"
	"pikv/rpcserver"
	"pikv/wire"
)

// serveChange hands changes to the register and answers when those that were
// taken are on disk. The call as a whole is refused with stale when it is for
// another register, and with busy while this one has just started.
func (f *front) serveChange(ctx context.Context, c *rpcserver.Call) {
	var req wire.ChangeRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	changes, err := placement.DecodeChanges(req.Changes)
	if err != nil {
		c.Fail(wire.Errorf(wire.CodeBadRequest, "the changes: %v", err))
		return
	}
	reply, err := f.change(ctx, placement.MasterID(req.MasterID), changes)
	if err != nil {
		c.Fail(err)
		return
	}
	c.ReplyBody(&reply)
}

// presence is how old the last report of a worker may be that is preferred to
// take over: less than it takes to call one silent, and twice as long as an idle
// worker lets pass between two.
const presence = time.Second

// present returns what tells whether a worker is there now, as far as gossip
// and its reports go.
func (f *front) present() func(placement.Node) bool {
	live, heard, now := liveOf(f.members()), f.reports.snapshot(), f.clock()
	return func(n placement.Node) bool {
		return heard[n.Incarnation].within(presence, now) &&
			slices.ContainsFunc(live, func(l placement.Node) bool { return l.Incarnation == n.Incarnation })
	}
}

// change asks the register id for changes.
func (f *front) change(ctx context.Context, id placement.MasterID, changes []placement.Change) (wire.ChangeReply, error) {
	v, _, rg, _ := f.view()
	switch {
	case id != rg.ID:
		return wire.ChangeReply{}, wire.Errorf(wire.CodeStale, "this master's id is %s, the changes are for %s", rg.ID, id)
	case v == nil && rg.Recovering():
		return wire.ChangeReply{}, wire.Errorf(wire.CodeStale, "the master is recovering: %s", rg.Why)
	case v == nil:
		return wire.ChangeReply{}, registerError(register.ErrNoView)
	case register.LaterChange(v, changes):
		f.beginRecovery(rg, "a change names a later epoch than this master's file", 0)
		return wire.ChangeReply{}, wire.Errorf(wire.CodeStale, "the master's file is too old; it is recovering")
	case !f.loop.open.Load():
		return wire.ChangeReply{}, wire.Errorf(wire.CodeBusy, "the master has just started and listens to the workers first")
	}
	epoch, refused, err := f.register.Change(ctx, register.Prefer(v, f.planner.ring(), changes, f.present()))
	if err != nil {
		return wire.ChangeReply{}, registerError(err)
	}
	reply := wire.ChangeReply{Epoch: uint64(epoch), Texts: make([]string, len(changes))}
	for i, why := range refused {
		if why != nil {
			reply.Texts[i] = why.Error()
		}
	}
	return reply, nil
}
