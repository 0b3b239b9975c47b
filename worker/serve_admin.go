package worker

import (
	"context"
	"time"

	"pikv/membership"
	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

const maxPage = 1000 // keys in one page of Keys

func (w *Worker) handleKeys(_ context.Context, c *rpcserver.Call) {
	w.dataCalls.Add(1)
	var req wire.KeysRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	t := w.table.Load()
	if t == nil || int(req.Partition) >= len(t.partitions) || req.Limit < 1 || req.Limit > maxPage {
		c.Fail(wire.Errorf(wire.CodeBadRequest, "keys of partition %d, at most %d: no such partition, or the page is not within 1..%d", req.Partition, req.Limit, maxPage))
		return
	}
	p := &t.partitions[req.Partition]
	reply, config, ok := w.page(p, &req)
	switch {
	case ok:
		c.ReplyBody(&reply)
	case config.Primary == w.incarnation || config.Epoch == 0:
		c.Fail(wire.Errorf(wire.CodeBusy, "partition %d is being handed over: try again", p.id))
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
		p.mu.Lock()
		reply.Next, ok = p.core.Scan(w.now(), req.Cursor, req.Prefix, limit, func(key []byte) {
			size += len(key)
			reply.Keys = append(reply.Keys, key)
		})
		config = p.core.Config()
		p.mu.Unlock()
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
		err = wire.Errorf(wire.CodeBusy, "this worker has no view of the cluster yet: try again")
	}
	if err != nil {
		c.Fail(err)
		return
	}
	id := placement.PartitionOf(key, len(view.Partitions))
	owner, _ := view.Owner(id)
	c.ReplyBody(&wire.OwnerReply{
		Slot: placement.Slot(key), Partition: uint16(id), Epoch: uint64(view.Partitions[id].Epoch), Node: owner.Name, Addr: owner.Addr,
	})
}

// handleView answers from the view held here, now or when a newer one comes.
func (w *Worker) handleView(ctx context.Context, c *rpcserver.Call) {
	var req wire.ViewRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	wait := time.NewTimer(min(time.Duration(max(req.WaitMS, 0))*time.Millisecond, 2*viewWait))
	defer wait.Stop()
	for waiting := true; ; {
		news := w.follower.changed()
		view := w.current.Load()
		switch {
		case view == nil && !waiting:
			c.Fail(wire.Errorf(wire.CodeNoWorkers, "the cluster has no view yet: its master has not seen a worker"))
			return
		case view != nil && (uint64(view.MasterID) != req.MasterID || uint64(view.Epoch) > req.Since):
			since := placement.Epoch(req.Since)
			if uint64(view.MasterID) != req.MasterID {
				since = 0
			}
			c.ReplyBody(&wire.ViewReply{
				MasterID: uint64(view.MasterID), Epoch: uint64(view.Epoch), MasterAddr: w.masterAddr(),
				Delta: placement.EncodeDelta(view.Since(since)),
			})
			return
		case !waiting:
			c.ReplyBody(&wire.ViewReply{MasterID: uint64(view.MasterID), Epoch: uint64(view.Epoch), MasterAddr: w.masterAddr()})
			return
		}
		select {
		case <-news:
		case <-wait.C:
			waiting = false
		case <-ctx.Done():
			waiting = false
		case <-w.server.Stopping():
			waiting = false
		}
	}
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
	for _, p := range view.Partitions {
		if len(p.Learners) > 0 || len(p.InSync) > view.Replicas {
			reply.Moving++
		}
	}
	c.ReplyBody(&reply)
}

func (w *Worker) handleMembers(ctx context.Context, c *rpcserver.Call) {
	if result, err := w.relay(ctx, c.Method, c.Params); err == nil {
		c.Reply(func(buf []byte) []byte { return append(buf, result...) })
		return
	}
	c.ReplyBody(&wire.MembersReply{Members: w.members()})
}

// members is what gossip and the view tell about the nodes.
func (w *Worker) members() []wire.MemberStatus {
	view := w.view()
	primaries, replicas := map[placement.Incarnation]int{}, map[placement.Incarnation]int{}
	for _, p := range view.Partitions {
		primaries[p.Primary]++
		for _, id := range p.InSync {
			replicas[id]++
		}
		for _, id := range p.Learners {
			replicas[id]++
		}
	}
	list := []wire.MemberStatus{}
	for _, m := range w.gossip.Members() {
		id := placement.Incarnation(m.Incarnation)
		s := wire.MemberStatus{
			Name: m.Name, Role: string(m.Role), Incarnation: m.Incarnation, Addr: m.RPCAddr, Gossip: m.GossipAddr,
			State: placement.NodeActive.String(), Capacity: m.Capacity, Primaries: primaries[id], Replicas: replicas[id],
		}
		if node, ok := view.Node(id); ok {
			s.State = node.State.String()
		}
		if id == w.incarnation {
			s.Used = w.memory.Used()
			s.Keys, _, _ = w.count()
		}
		list = append(list, s)
	}
	return list
}
