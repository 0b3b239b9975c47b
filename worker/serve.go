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
		return nil, errNoView
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
	err := w.readFailure(p, d)
	if err == nil && len(d.Value) > freeReply && !call.Reserve(len(d.Value)) {
		err = errManyBytes
	}
	if err != nil {
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
