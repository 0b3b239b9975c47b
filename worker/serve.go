package worker

import (
	"bytes"
	"context"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcserver"
	"pikv/store"
	"pikv/wire"
)

// find returns the partition of a key, or an error to answer with.
func (w *Worker) find(key []byte) (*partition, error) {
	if err := w.cfg.Server.Limits.CheckKey(key); err != nil {
		return nil, err
	}
	t := w.table.Load()
	if t == nil {
		return nil, wire.Errorf(wire.CodeBusy, "this worker has no view of the cluster yet: try again")
	}
	return &t.partitions[placement.PartitionOf(key, len(t.partitions))], nil
}

// operation returns an Op with what all kinds share.
func (w *Worker) operation(kind replica.OpKind, key []byte, o wire.Options, tag answerer) replica.Op {
	return replica.Op{
		Kind: kind, Key: key, Epoch: placement.Epoch(o.Epoch), Tag: tag,
		Deadline: w.now() + store.Instant(opTimeout),
	}
}

// The tags of single calls: the call itself, under a type that knows how to
// answer, so that none needs memory of its own.
type (
	getCall rpcserver.Call
	putCall rpcserver.Call
)

func (c *getCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	if err := w.failure(p, d); err != nil {
		call.Fail(err)
		return
	}
	call.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, d.Value, d.Found) })
}

func (c *putCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	if err := w.failure(p, d); err != nil {
		call.Fail(err)
		return
	}
	call.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, uint64(d.Version)) })
}

func (w *Worker) handleGet(_ context.Context, c *rpcserver.Call) {
	w.dataCalls.Add(1)
	key, o, err := wire.DecodeGet(c.Params)
	if err != nil {
		c.Fail(err)
		return
	}
	p, err := w.find(key)
	if err != nil {
		c.Fail(err)
		return
	}
	op := w.operation(replica.OpGet, key, o, (*getCall)(c))
	w.do(p, &op)
}

func (w *Worker) handlePut(_ context.Context, c *rpcserver.Call) {
	w.dataCalls.Add(1)
	key, value, o, err := wire.DecodePut(c.Params)
	if err == nil {
		err = w.cfg.Server.Limits.CheckValue(value)
	}
	if err != nil {
		c.Fail(err)
		return
	}
	p, err := w.find(key)
	if err != nil {
		c.Fail(err)
		return
	}
	op := w.operation(replica.OpPut, key, o, (*putCall)(c))
	op.Value, op.TTL = w.keep(c, value), o.TTL
	w.do(p, &op)
}

// keep makes a value of a request the worker's own: a large one by taking
// over the whole request, which is little more than the value.
func (w *Worker) keep(c *rpcserver.Call, value []byte) []byte {
	const large = 32 << 10
	if len(value) >= large && len(value) >= len(c.Params)*9/10 {
		c.Detach()
		return value
	}
	return bytes.Clone(value)
}

// failure translates the end of an operation into an error for the wire,
// nil when it went well.
func (w *Worker) failure(p *partition, d *replica.Done) error {
	switch d.Status {
	case replica.OK:
		return nil
	case replica.Moved:
		return w.moved(p, d.Owner, d.Epoch)
	case replica.Unavailable:
		return wire.Errorf(wire.CodeBusy, "this worker does not know partition %d yet: try again", p.id)
	case replica.Timeout:
		return wire.Errorf(wire.CodeTimeout, "partition %d could not serve in time: it is being handed over, or a node or the master does not answer", p.id)
	case replica.OutOfMemory:
		return wire.Errorf(wire.CodeOutOfMemory, "out of memory: %s holds %d of %d bytes (--max-memory); nothing was changed", w.cfg.Name, w.memory.Used(), w.memory.Limit())
	default:
		return wire.Errorf(wire.CodeUnknownFate, "the write to partition %d was begun, but whether it holds is not known: read the key", p.id)
	}
}

// moved says where a partition is served.
func (w *Worker) moved(p *partition, owner placement.Incarnation, epoch placement.Epoch) error {
	node, ok := w.view().Node(owner)
	switch {
	case !ok:
		return wire.Errorf(wire.CodeBusy, "the owner of partition %d is not known here yet: try again", p.id)
	case node.Name == w.cfg.Name && node.Incarnation != w.incarnation:
		return wire.Errorf(wire.CodeUnavailable, "partition %d is lost: its only replica was in memory of an earlier run of %s", p.id, w.cfg.Name)
	}
	return &wire.Error{
		Code: wire.CodeMoved, Text: "partition is served by " + node.Name, Owner: node.Addr, Epoch: uint64(epoch),
	}
}
