package worker

import (
	"context"
	"sync/atomic"

	"pikv/replica"
	"pikv/rpcserver"
	"pikv/wire"
)

// A call on many keys is one operation per key. The last one that is done
// replies for all.

// mget collects the results of an MGet.
type mget struct {
	call    *rpcserver.Call
	results []wire.GetResult
	left    atomic.Int32
	bytes   atomic.Int64 // of values
}

type mgetItem struct {
	batch *mget
	index int
}

func (t *mgetItem) answer(w *Worker, p *partition, d *replica.Done) {
	r := &t.batch.results[t.index]
	switch err := w.failure(p, d); {
	case err != nil:
		r.Err = wire.AsError(err)
	case t.batch.bytes.Add(int64(len(d.Value))) > int64(w.cfg.Server.Limits.Frame)/2 && t.batch.bytes.Load() != int64(len(d.Value)):
		r.Err = wire.Errorf(wire.CodeBusy, "the values together are too large for one reply: ask for fewer keys")
	default:
		r.Value, r.Found = d.Value, d.Found
	}
	t.batch.done()
}

func (b *mget) done() {
	if b.left.Add(-1) == 0 {
		b.call.Reply(func(buf []byte) []byte { return wire.AppendMGetResult(buf, b.results) })
	}
}

func (w *Worker) handleMGet(_ context.Context, c *rpcserver.Call) {
	w.dataCalls.Add(1)
	keys, o, err := wire.DecodeMGet(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	// One more than the keys: the reply goes out when the loop is over, too.
	b := &mget{call: c, results: make([]wire.GetResult, len(keys))}
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

// replyCount answers a Del. An error that promises "no effect" may stand for
// the whole call only when no key was deleted.
func (b *mdel) replyCount() {
	existed, untouched := uint64(0), 0
	var failed *wire.Error
	for i := range b.results {
		switch r := &b.results[i]; {
		case r.Err != nil:
			failed = r.Err
			if r.Err.Retryable() {
				untouched++
			}
		case r.Found:
			existed++
		}
	}
	switch {
	case failed == nil:
		b.call.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, existed) })
	case untouched == len(b.results) || len(b.results) == 1:
		b.call.Fail(failed)
	default:
		b.call.Fail(wire.Errorf(wire.CodeUnknownFate, "some of the keys are deleted, others perhaps not: %s", failed.Text))
	}
}

func (w *Worker) handleDel(_ context.Context, c *rpcserver.Call) {
	keys, err := wire.DecodeDel(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	// Refuse what is not served here before anything takes effect.
	for _, key := range keys {
		p, err := w.find(key)
		if err == nil {
			err = w.elsewhere(p)
		}
		if err != nil {
			w.dataCalls.Add(1)
			c.Fail(err)
			return
		}
	}
	w.deleteKeys(c, keys, wire.Options{}, true)
}

// elsewhere returns the redirect for a partition that another node serves.
func (w *Worker) elsewhere(p *partition) error {
	p.mu.Lock()
	role, config := p.core.Role(), p.core.Config()
	p.mu.Unlock()
	if role == replica.RolePrimary || config.Epoch == 0 {
		return nil
	}
	return w.moved(p, config.Primary, config.Epoch)
}

func (w *Worker) handleMDel(_ context.Context, c *rpcserver.Call) {
	keys, o, err := wire.DecodeMDel(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	w.deleteKeys(c, keys, o, false)
}

func (w *Worker) deleteKeys(c *rpcserver.Call, keys [][]byte, o wire.Options, count bool) {
	w.dataCalls.Add(1)
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
