package master

import (
	"context"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serveOwner says who serves a key.
func (f *front) serveOwner(ctx context.Context, c *rpcserver.Call) {
	key, err := wire.DecodeOwner(c.Params)
	if err == nil {
		err = f.limits.CheckKey(key)
	}
	if err != nil {
		c.Fail(err)
		return
	}
	v, err := f.awaitView(ctx)
	if err != nil {
		c.Fail(err)
		return
	}
	p := placement.PartitionOf(key, len(v.Partitions))
	owner, ok := v.Owner(p)
	if !ok {
		c.Fail(wire.Errorf(wire.CodeUnavailable, "partition %d has no owner", p))
		return
	}
	c.ReplyBody(&wire.OwnerReply{
		Slot:      placement.Slot(key),
		Partition: uint16(p),
		Epoch:     uint64(v.Partitions[p].Epoch),
		Node:      owner.Name,
		Addr:      owner.Addr,
		RESP:      owner.RESPAddr,
	})
}
