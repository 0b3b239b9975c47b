package worker

import (
	"context"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/replica"
	"pikv/wire"
)

// routes tells the server which method leads where.
func (w *Worker) routes() {
	w.server.Handle(wire.MethodGet, w.handleGet)
	w.server.Handle(wire.MethodPut, w.handlePut)
	w.server.Handle(wire.MethodDel, w.handleDel)
	w.server.Handle(wire.MethodMGet, w.handleMGet)
	w.server.Handle(wire.MethodMPut, w.handleMPut)
	w.server.Handle(wire.MethodMDel, w.handleMDel)
	w.server.HandleSlow(wire.MethodKeys, w.handleKeys)
	w.server.Handle(wire.MethodOwner, w.handleOwner)
	w.server.HandleSlow(wire.MethodView, w.handleView)
	w.server.HandleSlow(wire.MethodStatus, w.handleStatus)
	w.server.HandleSlow(wire.MethodMembers, w.handleMembers)
	w.server.HandleSlow(wire.MethodDrain, w.handleRelayed)
	w.server.HandleSlow(wire.MethodChange, w.handleRelayed)
	w.server.HandleNotify(wire.MethodPeer, w.handlePeer)
}

// handlePeer takes a frame from another worker. A frame for an earlier run
// of this node, or one that does not decode, counts for nothing.
func (w *Worker) handlePeer(_ context.Context, addr string, params []byte) {
	frame, err := wire.DecodePeer(params)
	if err != nil || len(frame.Batch) == 0 {
		w.log.Debug("malformed frame from a worker", zap.String("addr", addr), zap.Error(err))
		return
	}
	if placement.Incarnation(frame.To) != w.incarnation {
		return
	}
	from := placement.Incarnation(frame.From)
	now := w.now()
	w.links.received(now, from, frame.Batch[0])
	t := w.table.Load()
	for batch := frame.Batch[1:]; len(batch) > 0; {
		var m replica.Message
		if m, batch, err = replica.DecodeMessage(batch); err != nil {
			w.log.Debug("malformed batch from a worker", zap.String("addr", addr), zap.Error(err))
			return
		}
		if t == nil {
			// No view yet, but the sender has one: get it. The message is sent
			// again when this worker says hello.
			w.follower.behind(from)
			return
		}
		if int(m.Partition) < len(t.partitions) {
			w.step(&t.partitions[m.Partition], func(c *replica.Core, out *replica.Effects) { c.Receive(now, from, &m, out) })
		}
	}
}
