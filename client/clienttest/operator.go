package clienttest

import (
	"context"
	"maps"
	"slices"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serveReplicas only counts: there are no replicas here.
func (n *Node) serveReplicas(_ context.Context, c *rpcserver.Call) {
	var req wire.ReplicasRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	was := n.cluster.View().Replicas
	if req.Replicas != 0 {
		n.cluster.change(func(v *placement.View) { v.Replicas = req.Replicas })
	}
	c.ReplyBody(&wire.ReplicasReply{Replicas: n.cluster.View().Replicas, Was: was})
}

// serveReset gives up what Lose said is lost, and refuses what lives.
func (n *Node) serveReset(_ context.Context, c *rpcserver.Call) {
	var req wire.ResetRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	reset, err := n.cluster.reset(req)
	if err != nil {
		c.Fail(err)
		return
	}
	c.ReplyBody(&wire.ResetReply{Reset: reset})
}

func (c *Cluster) reset(req wire.ResetRequest) ([]uint16, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := req.Partitions
	if req.AllLost {
		ids = slices.Sorted(maps.Keys(c.mu.lost))
	}
	for _, id := range ids {
		if !c.mu.lost[id] {
			return nil, wire.Errorf(wire.CodeBadRequest, "partition %d is not lost", id)
		}
	}
	for _, id := range ids {
		delete(c.mu.lost, id)
	}
	return ids, nil
}

// Lose has key's partition answer "unavailable", and removes what it held,
// until it is reset.
func (c *Cluster) Lose(key string) placement.PartitionID {
	p := c.PartitionOf(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.lost[uint16(p)] = true
	for k := range c.mu.data {
		if placement.PartitionOf([]byte(k), len(c.mu.view.Partitions)) == p {
			delete(c.mu.data, k)
		}
	}
	return p
}
