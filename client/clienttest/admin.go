package clienttest

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

func (n *Node) serveView(ctx context.Context, c *rpcserver.Call) {
	var req wire.ViewRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	n.mu.Lock()
	n.mu.views++
	n.mu.Unlock()
	n.awaitView(ctx, &req)
	reply := wire.ViewReply{MasterAddr: n.cluster.Master.Addr}
	if v := n.view(); v != nil {
		since := placement.Epoch(req.Since)
		if req.MasterID != uint64(v.MasterID) {
			since = 0
		}
		reply.MasterID, reply.Epoch = uint64(v.MasterID), uint64(v.Epoch)
		if since < v.Epoch {
			reply.Delta = placement.EncodeDelta(v.Since(since))
		}
	}
	c.ReplyBody(&reply)
}

// awaitView returns when the node has what req asks for, or its time is over.
func (n *Node) awaitView(ctx context.Context, req *wire.ViewRequest) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(req.WaitMS)*time.Millisecond)
	defer cancel()
	for {
		changed := n.cluster.changed()
		v := n.view()
		if v != nil && (uint64(v.MasterID) != req.MasterID || uint64(v.Epoch) > req.Since) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

func (n *Node) serveOwner(_ context.Context, c *rpcserver.Call) {
	key, err := wire.DecodeOwner(c.Params)
	v := n.view()
	if err == nil && v == nil {
		err = wire.Errorf(wire.CodeNoWorkers, "no workers")
	}
	if err != nil {
		c.Fail(err)
		return
	}
	p := placement.PartitionOf(key, len(v.Partitions))
	owner, _ := v.Owner(p)
	c.ReplyBody(&wire.OwnerReply{
		Slot: placement.Slot(key), Partition: uint16(p), Epoch: uint64(v.Partitions[p].Epoch),
		Node: owner.Name, Addr: owner.Addr, RESP: owner.RESPAddr,
	})
}

// keys pages in the order of the keys; the cursor counts them.
func (n *Node) keys(ctx context.Context, c *rpcserver.Call) {
	var req wire.KeysRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	if f := n.fault(&Request{Method: wire.MethodKeys}); f.Err != nil {
		c.Fail(f.Err)
		return
	} else if f.DropNow {
		n.Drop()
		<-ctx.Done()
		return
	}
	v := n.view()
	if refusal := n.refuse(v, placement.PartitionID(req.Partition)); refusal != nil {
		c.Fail(refusal)
		return
	}
	var reply wire.KeysReply
	for i, k := range n.cluster.keysOf(v, req) {
		if i == req.Limit {
			reply.Next = req.Cursor + uint64(i)
			break
		}
		reply.Keys = append(reply.Keys, k)
	}
	c.ReplyBody(&reply)
}

// keysOf returns the keys that req asks for from its cursor on.
func (c *Cluster) keysOf(v *placement.View, req wire.KeysRequest) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys [][]byte
	for k := range c.mu.data {
		p := placement.PartitionOf([]byte(k), len(v.Partitions))
		if uint16(p) == req.Partition && strings.HasPrefix(k, string(req.Prefix)) {
			keys = append(keys, []byte(k))
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	return keys[min(int(req.Cursor), len(keys)):]
}

func (n *Node) serveStatus(_ context.Context, c *rpcserver.Call) {
	reply := wire.StatusReply{
		Cluster: "pikv", Node: n.Name, Role: n.role(), Version: "test",
		MasterAddr: n.cluster.Master.Addr, Members: n.cluster.members(),
	}
	if v := n.view(); v != nil {
		reply.MasterID, reply.Epoch = v.MasterID.String(), uint64(v.Epoch)
		reply.Replicas, reply.Partitions = v.Replicas, len(v.Partitions)
	}
	c.ReplyBody(&reply)
}

func (n *Node) serveMembers(_ context.Context, c *rpcserver.Call) {
	c.ReplyBody(&wire.MembersReply{Members: n.cluster.members()})
}

// serveDrain pretends that two partitions move between two polls.
func (n *Node) serveDrain(_ context.Context, c *rpcserver.Call) {
	var req wire.DrainRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	for _, w := range n.cluster.Workers {
		if w.Name == req.Node {
			c.ReplyBody(&wire.DrainReply{Left: n.cluster.drainStep(req.Node)})
			return
		}
	}
	c.Fail(wire.Errorf(wire.CodeUnknownNode, "no worker is called %s", req.Node))
}

func (c *Cluster) drainStep(name string) (left int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.drained[name]++
	return max(0, 6-2*c.mu.drained[name])
}

func (n *Node) role() string {
	if n.master {
		return "master"
	}
	return "worker"
}

func (c *Cluster) members() []wire.MemberStatus {
	var out []wire.MemberStatus
	for _, n := range append([]*Node{c.Master}, c.Workers...) {
		out = append(out, wire.MemberStatus{
			Name: n.Name, Role: n.role(), Incarnation: uint64(n.inc()), Addr: n.Addr, RESP: n.RESP, State: "active",
		})
	}
	return out
}
