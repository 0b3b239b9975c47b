package worker

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"

	"pikv/replica"
	"pikv/rpcserver"
	"pikv/store"
	"pikv/wire"
)

const (
	// maxKeys bounds the keys of one call: an answer of one redirect per key
	// then is within every peer's limits.
	maxKeys = 32 << 10
	// keyCost is what one of them costs while it is under way, in bytes: the
	// operation, its tag and its result.
	keyCost = 256
	// freeKeys is up to how many that is not counted.
	freeKeys = 16
	// freeReply is the size up to which a reply is not counted, in bytes.
	freeReply = 4 << 10
)

// errManyBytes refuses a request for which there is no room.
var errManyBytes = wire.Errorf(wire.CodeBusy, "too many bytes in flight")

// admit bounds what calls on many keys can make the worker hold.
func admit(c *rpcserver.Call, keys int) error {
	switch {
	case keys > maxKeys:
		return wire.Errorf(wire.CodeTooLarge, "%d keys in one call are over the limit of %d", keys, maxKeys)
	case keys > freeKeys && !c.Reserve(keys*keyCost):
		return errManyBytes
	default:
		return nil
	}
}

// batch is a call on many keys: one operation per key. The last one that is
// done replies for all. The results are the batch's own until then: each
// operation writes its element and no other.
type batch[R any] struct {
	call    *rpcserver.Call
	results []R
	tags    []element[R] // nil until an operation is made
	left    atomic.Int32
	// took writes what an operation came to, which did not fail.
	took  func(r *R, d *replica.Done)
	fail  func(r *R, err *wire.Error)
	check func(w *Worker, p *partition, d *replica.Done) error // failure or readFailure
	reply func(b *batch[R])
}

// element is the Tag of one operation of a batch.
type element[R any] struct {
	batch *batch[R]
	index int
}

func (e *element[R]) answer(w *Worker, p *partition, d *replica.Done) {
	b := e.batch
	if err := b.check(w, p, d); err != nil {
		b.fail(&b.results[e.index], wire.AsError(err))
	} else {
		b.took(&b.results[e.index], d)
	}
	b.done()
}

func (b *batch[R]) done() {
	if b.left.Add(-1) == 0 {
		b.reply(b)
	}
}

// run makes the operations on n keys, each as op says: its partition, and the
// operation without its tag; or no partition, when op has done it and written its
// result.
func (b *batch[R]) run(w *Worker, n int, op func(i int) (*partition, replica.Op, error)) {
	now := store.Instant(b.call.Arrived)
	b.results = make([]R, n)
	// One more than the keys: the reply must not go out, and the keys with
	// it, before the loop is over.
	b.left.Store(int32(n) + 1)
	for i := range n {
		p, o, err := op(i)
		if err != nil {
			b.fail(&b.results[i], wire.AsError(err))
		}
		if p == nil {
			b.done()
			continue
		}
		if b.tags == nil {
			b.tags = make([]element[R], n)
		}
		b.tags[i] = element[R]{batch: b, index: i}
		o.Tag = &b.tags[i]
		w.do(p, now, &o)
	}
	b.done()
}

func (w *Worker) handleMGet(_ context.Context, c *rpcserver.Call) {
	keys, o, err := wire.DecodeMGet(c.Params, nil)
	if err == nil {
		err = admit(c, len(keys))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	m := &manyGets{w: w, c: c, most: int64(w.cfg.Server.Limits.Frame) / 2}
	m.batch = batch[wire.GetResult]{
		call: c, check: (*Worker).readFailure,
		fail: func(r *wire.GetResult, err *wire.Error) { r.Err = err },
		took: func(r *wire.GetResult, d *replica.Done) {
			if m.fits(r, len(d.Value)) {
				r.Value, r.Found = bytes.Clone(d.Value), d.Found // the store's, until the partition is unlocked
			}
		},
		reply: func(b *batch[wire.GetResult]) {
			c.Reply(func(buf []byte) []byte { return wire.AppendMGetResult(slices.Grow(buf, m.size()), b.results) })
		},
	}
	m.run(w, len(keys), func(i int) (*partition, replica.Op, error) {
		p, err := w.find(keys[i])
		if err != nil || m.getAtOnce(p, i, keys[i], &o) {
			return nil, replica.Op{}, err
		}
		return p, operation(replica.OpGet, keys[i], &o), nil
	})
}

func (w *Worker) handleMPut(_ context.Context, c *rpcserver.Call) {
	pairs, o, err := wire.DecodeMPut(c.Params, nil)
	if err == nil {
		err = admit(c, len(pairs))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	b := &batch[wire.PutResult]{
		call: c, check: (*Worker).failure,
		fail: func(r *wire.PutResult, err *wire.Error) { r.Err = err },
		took: func(r *wire.PutResult, d *replica.Done) { r.Version = uint64(d.Version) },
		reply: func(b *batch[wire.PutResult]) {
			c.Reply(func(buf []byte) []byte { return wire.AppendMPutResult(buf, b.results) })
		},
	}
	b.run(w, len(pairs), func(i int) (*partition, replica.Op, error) {
		p, err := w.find(pairs[i].Key)
		if err == nil {
			err = w.cfg.Server.Limits.CheckValue(pairs[i].Value)
		}
		if err != nil {
			return nil, replica.Op{}, err
		}
		if version, ok := w.putAtOnce(p, store.Instant(c.Arrived), pairs[i].Key, pairs[i].Value, &o, i); ok {
			b.results[i].Version = uint64(version)
			return nil, replica.Op{}, nil
		}
		op := write(replica.OpPut, pairs[i].Key, &o, i)
		op.Value, op.Lent, op.Give = pairs[i].Value, true, keep(c, pairs[i].Value)
		return p, op, nil
	})
}

func (w *Worker) handleMDel(_ context.Context, c *rpcserver.Call) {
	keys, o, err := wire.DecodeMDel(c.Params, nil)
	if err == nil {
		err = admit(c, len(keys))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	w.deleteKeys(c, keys, &o, func(b *batch[wire.DelResult]) {
		c.Reply(func(buf []byte) []byte { return wire.AppendMDelResult(buf, b.results) })
	})
}

// deleteKeys deletes each key, and then calls reply.
func (w *Worker) deleteKeys(c *rpcserver.Call, keys [][]byte, o *wire.Options, reply func(b *batch[wire.DelResult])) {
	b := &batch[wire.DelResult]{
		call: c, check: (*Worker).failure, reply: reply,
		fail: func(r *wire.DelResult, err *wire.Error) { r.Err = err },
		took: func(r *wire.DelResult, d *replica.Done) { r.Found = d.Found },
	}
	b.run(w, len(keys), func(i int) (*partition, replica.Op, error) {
		p, err := w.find(keys[i])
		if err != nil {
			return nil, replica.Op{}, err
		}
		return p, write(replica.OpDelete, keys[i], o, i), nil
	})
}
