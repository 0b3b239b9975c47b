package worker

import (
	"context"
	"sync/atomic"

	"pikv/replica"
	"pikv/rpcserver"
	"pikv/wire"
)

// mdel collects the results of an MDel or a Del.
type mdel struct {
	call    *rpcserver.Call
	results []wire.DelResult
	left    atomic.Int32
	count   bool // Del: one number for all keys
}

type mdelItem struct {
	batch *mdel
	index int
}

func (t *mdelItem) answer(w *Worker, p *partition, d *replica.Done) {
	if err := w.failure(p, d); err != nil {
		t.batch.results[t.index].Err = wire.AsError(err)
	} else {
		t.batch.results[t.index].Found = d.Found
	}
	t.batch.done()
}

func (b *mdel) done() {
	if b.left.Add(-1) != 0 {
		return
	}
	if b.count {
		b.replyCount()
		return
	}
	b.call.Reply(func(buf []byte) []byte { return wire.AppendMDelResult(buf, b.results) })
}

func (w *Worker) handleMDel(_ context.Context, c *rpcserver.Call) {
	w.dataCalls.Add(1)
	keys, o, err := wire.DecodeMDel(c.Params, nil)
	if err == nil {
		err = admit(c, len(keys))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	w.deleteKeys(c, keys, o, false)
}

func (w *Worker) deleteKeys(c *rpcserver.Call, keys [][]byte, o wire.Options, count bool) {
	b := &mdel{call: c, results: make([]wire.DelResult, len(keys)), count: count}
	b.left.Store(int32(len(keys)) + 1)
	for i, key := range keys {
		p, err := w.find(key)
		if err != nil {
			b.results[i].Err = wire.AsError(err)
			b.done()
			continue
		}
		op := w.operation(replica.OpDelete, key, o, &mdelItem{batch: b, index: i})
		w.do(p, &op)
	}
	b.done()
}
