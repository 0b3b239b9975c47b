package worker

import (
	"bytes"
	"context"
	"time"

	"pikv/membership"
	"pikv/placement"
	"pikv/replica"
	"pikv/rpcserver"
	"pikv/wire"
)

const maxPage = 1000 // keys in one page of Keys

// relayWait bounds the wait for a master that does not answer when this worker has
// an answer of its own: clients wait for a worker no longer than two seconds.
const relayWait = time.Second

func (w *Worker) handleKeys(_ context.Context, c *rpcserver.Call) {
	var req wire.KeysRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	t := w.table.Load()
	if t == nil {
		c.Fail(errNoView)
		return
	}
	if int(req.Partition) >= len(t.partitions) || req.Limit < 1 || req.Limit > maxPage {
		c.Fail(wire.Errorf(wire.CodeBadRequest, "keys of partition %d, at most %d: no such partition, or the page is not within 1..%d", req.Partition, req.Limit, maxPage))
		return
	}
	p := &t.partitions[req.Partition]
	reply, config, ok := w.page(p, &req)
	switch {
	case ok:
		c.ReplyBody(&reply)
	case config.Primary == w.incarnation || config.Epoch == 0:
		c.Fail(wire.Errorf(wire.CodeBusy, "partition %d is being handed over, or waits for a node that does not answer: try again", p.id))
	default:
		c.Fail(w.moved(p, config.Primary, config.Epoch))
	}
}

// page reads keys of a partition; fewer than asked for when long keys would
// make the page too large for a reply. ok is false when the partition is not
// served here now.
func (w *Worker) page(p *partition, req *wire.KeysRequest) (reply wire.KeysReply, config placement.Partition, ok bool) {
	for limit := req.Limit; ; limit = max(limit/8, 1) {
		size := 0
		reply.Keys = [][]byte{}
		p.look(func(c *replica.Core) {
			reply.Next, ok = c.Scan(w.now(), req.Cursor, req.Prefix, limit, func(key []byte) {
				size += len(key)
				reply.Keys = append(reply.Keys, bytes.Clone(key)) // the store's, until the partition is unlocked
			})
			config = c.Config()
			p.asked[reading]++
		})
		if limit == 1 || size <= wire.MaxBody/2 {
			return reply, config, ok
		}
	}
}

func (w *Worker) handleOwner(_ context.Context, c *rpcserver.Call) {
	key, err := wire.DecodeOwner(c.Params)
	if err == nil {
		err = w.cfg.Server.Limits.CheckKey(key)
	}
	view := w.view()
	if err == nil && len(view.Partitions) == 0 {
		err = errNoView
	}
	if err != nil {
		c.Fail(err)
		return
	}
	id := placement.PartitionOf(key, len(view.Partitions))
	owner, _ := view.Owner(id)
	c.ReplyBody(&wire.OwnerReply{
		Slot: placement.Slot(key), Partition: uint16(id), Epoch: uint64(view.Partitions[id].Epoch), Node: owner.Name,
		Addr: owner.Addr, RESP: owner.RESPAddr,
	})
}

// handleRelayed passes a call on to the master, for askers that cannot reach it.
func (w *Worker) handleRelayed(ctx context.Context, c *rpcserver.Call) {
	result, err := w.relay(ctx, c.Method, c.Params)
	if err != nil {
		c.Fail(err)
		return
	}
	c.Reply(func(buf []byte) []byte { return append(buf, result...) })
}

// handleStatus answers with the master's knowledge, or with this worker's
// own while the master is away.
func (w *Worker) handleStatus(ctx context.Context, c *rpcserver.Call) {
	ctx, cancel := context.WithTimeout(ctx, relayWait)
	defer cancel()
	if result, err := w.relay(ctx, c.Method, c.Params); err == nil {
		c.Reply(func(buf []byte) []byte { return append(buf, result...) })
		return
	}
	view := w.view()
	reply := wire.StatusReply{
		Cluster: w.cfg.Cluster, Node: w.cfg.Name, Role: string(membership.RoleWorker), Version: w.cfg.Version,
		Epoch: uint64(view.Epoch), Replicas: view.Replicas, Partitions: len(view.Partitions), Members: w.members(),
	}
	if view.MasterID != 0 {
		reply.MasterID = view.MasterID.String()
	}
	w.countStates(view, &reply)
	c.ReplyBody(&reply)
}

// countStates counts partitions by state, as far as one worker can tell: it
// knows who is silent only of those that it shares a partition with.
func (w *Worker) countStates(view *placement.View, reply *wire.StatusReply) {
	now := w.now()
	away := make(map[placement.Incarnation]bool)
	for _, k := range *w.links.sharers.Load() {
		away[k.peer] = k.pair.Gone() || k.pair.Silent(now, w.cfg.Timing.Silence)
	}
	for i := range view.Partitions {
		switch p := &view.Partitions[i]; {
		case away[p.Primary]:
			reply.Waiting++
		case len(p.Learners) > 0, len(p.InSync) > view.Replicas:
			reply.Moving++
		case len(p.InSync) < view.Replicas:
			reply.Degraded++
		default:
			reply.Synced++
		}
	}
	if reply.Synced < reply.Partitions {
		reply.SyncedMS = -1
	}
}

func (w *Worker) handleMembers(ctx context.Context, c *rpcserver.Call) {
	ctx, cancel := context.WithTimeout(ctx, relayWait)
	defer cancel()
	if result, err := w.relay(ctx, c.Method, c.Params); err == nil {
		c.Reply(func(buf []byte) []byte { return append(buf, result...) })
		return
	}
	c.ReplyBody(&wire.MembersReply{Members: w.members()})
}
