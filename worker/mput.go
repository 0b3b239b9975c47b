package worker

import (
	"context"
	"sync/atomic"

	"pikv/replica"
	"pikv/rpcserver"
	"pikv/wire"
)

// mput collects the results of an MPut.
type mput struct {
	call    *rpcserver.Call
	results []wire.PutResult
	left    atomic.Int32
}

type mputItem struct {
	batch *mput
	index int
}

func (t *mputItem) answer(w *Worker, p *partition, d *replica.Done) {
	if err := w.failure(p, d); err != nil {
		t.batch.results[t.index].Err = wire.AsError(err)
	} else {
		t.batch.results[t.index].Version = uint64(d.Version)
	}
	t.batch.done()
}

func (b *mput) done() {
	if b.left.Add(-1) == 0 {
		b.call.Reply(func(buf []byte) []byte { return wire.AppendMPutResult(buf, b.results) })
	}
}

func (w *Worker) handleMPut(_ context.Context, c *rpcserver.Call) {
	w.dataCalls.Add(1)
	pairs, o, err := wire.DecodeMPut(c.Params, nil)
	if err == nil {
		err = admit(c, len(pairs))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	b := &mput{call: c, results: make([]wire.PutResult, len(pairs))}
	b.left.Store(int32(len(pairs)) + 1)
	for i := range pairs {
		p, err := w.find(pairs[i].Key)
		if err == nil {
			err = w.cfg.Server.Limits.CheckValue(pairs[i].Value)
		}
		if err != nil {
			b.results[i].Err = wire.AsError(err)
			b.done()
			continue
		}
		op := w.operation(replica.OpPut, pairs[i].Key, o, &mputItem{batch: b, index: i})
		op.Value, op.TTL = w.keep(c, pairs[i].Value), o.TTL
		w.do(p, &op)
	}
	b.done()
}
