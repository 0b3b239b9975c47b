package master

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"pikv/autoscale"
	"pikv/membership"
	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serveStatus answers with the master's view of the cluster.
func (f *front) serveStatus(_ context.Context, c *rpcserver.Call) {
	reply := f.status()
	c.ReplyBody(&reply)
}

func (f *front) status() wire.StatusReply {
	v, s, rg, _ := f.view()
	members, heard, now := f.members(), f.reports.snapshot(), f.clock()
	reply := wire.StatusReply{
		Cluster:    f.cfg.Cluster,
		Node:       f.cfg.Name,
		Role:       string(membership.RoleMaster),
		Version:    f.cfg.Version,
		MasterID:   rg.ID.String(),
		MasterAddr: f.addr,
		Replicas:   f.cfg.Replicas,
		Partitions: f.cfg.Partitions,
		OnLoss:     f.cfg.OnLoss,
		Members:    describe(v, s, members, heard, f.strangers.names(now), now),
	}
	if d := f.loop.scaler.current.Load(); f.cfg.Scaling.Mode != autoscale.Off {
		reply.Scaling = wire.ScalingStatus{Step: d.Kind.String(), Node: d.Node, Reason: d.Reason}
	}
	reply.Scaling.Mode = f.cfg.Scaling.Mode.String()
	var h health // of a cluster without a view, or while it is not known: nothing is synced
	if v != nil {
		reply.Epoch, reply.Replicas, reply.Partitions = uint64(v.Epoch), v.Replicas, len(v.Partitions)
		reply.Scaling.Leads = f.loop.balancer.inEffect(v, s.Orders.Leads)
	}
	reply.Listening = f.listening(v, rg)
	if v != nil && reply.Listening == "" {
		h = f.loop.health(s, liveOf(members), heard, now)
		reply.Synced, reply.Degraded, reply.Moving = h.count[synced], h.count[degraded], h.count[moving]
		reply.Waiting, reply.Lost, reply.Frozen = h.count[waiting], h.count[lost], len(s.Frozen)
		reply.Problems = h.describe(v)
		describeMoves(&reply, v, heard, now)
	}
	full := v != nil && reply.Listening == "" && h.synced()
	reply.SyncedMS, reply.UnsyncedMS = -1, f.loop.synced.observe(full, now).Milliseconds()
	if full {
		reply.SyncedMS, reply.UnsyncedMS = reply.UnsyncedMS, 0
	}
	return reply
}

// listening says why this master does not know yet how the partitions are; "" when
// it does. What gossip and reports show until then looks like the death of all.
func (f *front) listening(v *placement.View, rg *reign) string {
	switch {
	case v == nil && rg.Recovering():
		return "it recovers: " + rg.Why
	case v != nil && !f.loop.open.Load():
		return "it has just started"
	default:
		return ""
	}
}

// describe returns the problems as a status lists them.
func (h *health) describe(v *placement.View) []wire.PartitionProblem {
	var out []wire.PartitionProblem
	name := func(inc placement.Incarnation) string { n, _ := v.Node(inc); return n.Name }
	for _, p := range h.problems {
		conf := v.Partitions[p.id]
		line := wire.PartitionProblem{
			Partition: uint16(p.id), State: p.state, Primary: name(conf.Primary),
			For: strings.Join(p.whom, ", "), Why: p.why,
		}
		for _, inc := range conf.InSync {
			line.InSync = append(line.InSync, name(inc))
		}
		out = append(out, line)
	}
	return out
}

// describeMoves fills in the fills under way, the furthest from done first.
func describeMoves(reply *wire.StatusReply, v *placement.View, heard map[placement.Incarnation]report, now time.Time) {
	for _, from := range v.Nodes {
		r := heard[from.Incarnation]
		if !r.within(freshReport, now) {
			continue
		}
		reply.MoveRate += r.rate
		for _, m := range r.moves {
			to, known := v.Node(m.to)
			if !known || int(m.id) >= len(v.Partitions) || v.Partitions[m.id].Primary != from.Incarnation || !v.Holds(m.id, m.to) {
				continue // of an earlier view
			}
			reply.MoveDone += m.done
			reply.MoveTotal += m.total
			reply.Moves = append(reply.Moves, wire.MoveStatus{
				Partition: uint16(m.id), From: from.Name, To: to.Name, Done: m.done, Total: m.total, Rate: m.rate,
			})
		}
	}
	slices.SortFunc(reply.Moves, func(a, b wire.MoveStatus) int {
		return cmp.Or(cmp.Compare(b.Total-b.Done, a.Total-a.Done), cmp.Compare(a.Partition, b.Partition))
	})
	reply.Moves = reply.Moves[:min(len(reply.Moves), wire.MaxListed)]
}
