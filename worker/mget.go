package worker

import (
	"context"
	"sync/atomic"

	"pikv/replica"
	"pikv/rpcserver"
	"pikv/wire"
)

// mget collects the results of an MGet.
type mget struct {
	call    *rpcserver.Call
	results []wire.GetResult
	left    atomic.Int32
	most    int64        // bytes of values in the reply, but at least one
	bytes   atomic.Int64 // of the values taken so far
}

type mgetItem struct {
	batch *mget
	index int
}

func (t *mgetItem) answer(w *Worker, p *partition, d *replica.Done) {
	b := t.batch
	r := &b.results[t.index]
	if err := w.readFailure(p, d); err != nil {
		r.Err = wire.AsError(err)
	} else if size := int64(len(d.Value)); b.bytes.Add(size) > max(b.most, size) {
		b.bytes.Add(-size)
		r.Err = wire.Errorf(wire.CodeBusy, "the values together are too large for one reply: ask for fewer keys")
	} else {
		r.Value, r.Found = d.Value, d.Found
	}
	b.done()
}

func (b *mget) done() {
	if b.left.Add(-1) != 0 {
		return
	}
	if size := b.bytes.Load(); size > freeReply && !b.call.Reserve(int(size)) {
		b.call.Fail(errManyBytes)
		return
	}
	b.call.Reply(func(buf []byte) []byte { return wire.AppendMGetResult(buf, b.results) })
}

func (w *Worker) handleMGet(_ context.Context, c *rpcserver.Call) {
	w.dataCalls.Add(1)
	keys, o, err := wire.DecodeMGet(c.Params, nil)
	if err == nil {
		err = admit(c, len(keys))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	// One more than the keys: the reply must not go out, and the keys with
	// it, before the loop is over.
	b := &mget{call: c, results: make([]wire.GetResult, len(keys)), most: int64(w.cfg.Server.Limits.Frame) / 2}
	b.left.Store(int32(len(keys)) + 1)
	for i, key := range keys {
		p, err := w.find(key)
		if err != nil {
			b.results[i].Err = wire.AsError(err)
			b.done()
			continue
		}
		op := w.operation(replica.OpGet, key, o, &mgetItem{batch: b, index: i})
		w.do(p, &op)
	}
	b.done()
}
