package worker

import (
	"context"
	"strconv"
	"time"

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
func operation(kind replica.OpKind, key []byte, o *wire.Options) replica.Op {
	return replica.Op{Kind: kind, Key: key, Epoch: placement.Epoch(o.Epoch)}
}

// write is operation for writes; i is the key's place in its call.
func write(kind replica.OpKind, key []byte, o *wire.Options, i int) replica.Op {
	op := operation(kind, key, o)
	op.TTL = o.TTL
	switch o.If {
	case wire.IfAbsent:
		op.If = replica.IfAbsent
	case wire.IfPresent:
		op.If = replica.IfPresent
	case wire.IfVersion:
		op.If, op.Version = replica.IfVersion, replica.Number(o.Version)
	}
	op.ID = requestID(o, i)
	return op
}

// requestID is the name of a write, if it has one; i is the key's place in its call.
func requestID(o *wire.Options, i int) replica.RequestID {
	if o.Client == 0 {
		return replica.RequestID{}
	}
	id := replica.RequestID{Client: o.Client, Seq: o.Seq, Finished: o.Finished, Attempt: max(o.Attempt, 1)}
	if len(o.Seqs) > 0 {
		id.Seq = o.Seqs[i]
	}
	return id
}

// The tags of single calls: the call itself, under a type that knows how to
// answer, so that none needs memory of its own.
type (
	getCall     rpcserver.Call
	versionCall rpcserver.Call // Get with the version
	leftCall    rpcserver.Call // Get with the version and what is left of its time
	putCall     rpcserver.Call
	swapCall    rpcserver.Call // GetSet
	incrCall    rpcserver.Call
)

func (c *getCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	if err := fits(call, d, w.readFailure(p, d)); err != nil {
		call.Fail(err)
		return
	}
	call.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, d.Value, d.Found) })
}

func (c *versionCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	if err := fits(call, d, w.readFailure(p, d)); err != nil {
		call.Fail(err)
		return
	}
	call.Reply(func(buf []byte) []byte { return wire.AppendVersionedResult(buf, d.Value, uint64(d.Version), d.Found) })
}

func (c *leftCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	if err := fits(call, d, w.readFailure(p, d)); err != nil {
		call.Fail(err)
		return
	}
	left := left(d.Expires, w.now())
	call.Reply(func(buf []byte) []byte { return wire.AppendLeftResult(buf, d.Value, uint64(d.Version), left, d.Found) })
}

// left is what remains of a time to live: 0 for ever, and never 0 of one that ends.
func left(expires, now store.Instant) time.Duration {
	if expires == 0 {
		return 0
	}
	return max(time.Duration(expires-now), 1)
}

func (c *putCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	if err := w.failure(p, d); err != nil {
		call.Fail(err)
		return
	}
	call.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, uint64(d.Version)) })
}

// answer sends the old value: doSwap has taken room for it.
func (c *swapCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	if err := w.failure(p, d); err != nil {
		call.Fail(err)
		return
	}
	call.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, d.Value, d.Found) })
}

func (c *incrCall) answer(w *Worker, p *partition, d *replica.Done) {
	call := (*rpcserver.Call)(c)
	err := w.failure(p, d)
	var sum int64
	if err == nil {
		if sum, err = strconv.ParseInt(string(d.Value), 10, 64); err != nil {
			err = wire.Errorf(wire.CodeBadRequest, "this client has given the number to another write before, which was no Incr")
		}
	}
	if err != nil {
		call.Fail(err)
		return
	}
	call.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, sum) })
}

// fits takes room for the value of a read that did not fail.
func fits(c *rpcserver.Call, d *replica.Done, failed error) error {
	switch {
	case failed != nil || len(d.Value) <= freeReply:
		return failed
	case !c.Wants(len(d.Value)):
		return rpcserver.ErrLarge
	case !c.Reserve(len(d.Value)):
		return errManyBytes
	}
	return nil
}

func (w *Worker) handleGet(_ context.Context, c *rpcserver.Call) {
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
	if w.getAtOnce(p, c, key, &o) {
		return
	}
	op := operation(replica.OpGet, key, &o)
	op.Tag = (*getCall)(c)
	switch {
	case o.WithLeft:
		op.Tag = (*leftCall)(c)
	case o.WithVersion:
		op.Tag = (*versionCall)(c)
	}
	w.do(p, store.Instant(c.Arrived), &op)
}

// getAtOnce answers a read that waits for nothing, as nearly all do, without the
// detour by an operation and its effects. False: it did nothing.
func (w *Worker) getAtOnce(p *partition, c *rpcserver.Call, key []byte, o *wire.Options) bool {
	large, ok := w.getUnlessLarge(p, c, key, o)
	if large != nil {
		large.reply(c, o)
	}
	return ok
}

// getUnlessLarge does so under the partition's lock; it returns a large value
// instead, for which room is taken.
func (w *Worker) getUnlessLarge(p *partition, c *rpcserver.Call, key []byte, o *wire.Options) (large *heldValue, ok bool) {
	p.mu.Lock()
	defer p.unlock()
	item, found, ok := p.core.Get(store.Instant(c.Arrived), key, placement.Epoch(o.Epoch))
	if !ok {
		return nil, false
	}
	w.countLocked(p, reading, key)
	switch {
	case len(item.Value) > freeReply && !c.Wants(len(item.Value)):
		c.Fail(rpcserver.ErrLarge)
	case len(item.Value) > freeReply && !c.Reserve(len(item.Value)):
		c.Fail(errManyBytes)
	case len(item.Value) >= lendFrom:
		return p.holdLocked(key), true
	case o.WithLeft:
		left := left(item.Deadline, store.Instant(c.Arrived))
		c.Reply(func(buf []byte) []byte { return wire.AppendLeftResult(buf, item.Value, item.Version, left, found) })
	case o.WithVersion:
		c.Reply(func(buf []byte) []byte { return wire.AppendVersionedResult(buf, item.Value, item.Version, found) })
	default:
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, item.Value, found) })
	}
	return nil, true
}

func (w *Worker) handlePut(_ context.Context, c *rpcserver.Call) {
	key, value, o, err := wire.DecodePut(c.Params)
	w.put(c, (*putCall)(c), key, value, &o, err)
}

// putAtOnce makes a write that waits for nothing, as those with one copy do,
// without the detour by an operation and its effects. false: it did nothing.
func (w *Worker) putAtOnce(p *partition, now store.Instant, key, value []byte, o *wire.Options, i int) (replica.Number, bool) {
	if o.If != wire.IfNone {
		return 0, false
	}
	p.mu.Lock()
	defer p.unlock()
	version, ok := p.core.PutAtOnce(now, key, value, o.TTL, requestID(o, i), placement.Epoch(o.Epoch))
	if ok {
		w.countLocked(p, writing, key)
	}
	return version, ok
}

func (w *Worker) handleGetSet(_ context.Context, c *rpcserver.Call) {
	key, value, o, err := wire.DecodeGetSet(c.Params)
	w.put(c, (*swapCall)(c), key, value, &o, err)
}

// put writes a value and answers by tag. err is why the call was not read.
func (w *Worker) put(c *rpcserver.Call, tag answerer, key, value []byte, o *wire.Options, err error) {
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
	now := store.Instant(c.Arrived)
	_, swap := tag.(*swapCall)
	if !swap {
		if version, ok := w.putAtOnce(p, now, key, value, o, 0); ok {
			c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, uint64(version)) })
			return
		}
	}
	op := write(replica.OpPut, key, o, 0)
	op.Value, op.Lent, op.Give, op.Tag, op.Old = value, true, keep(c, value), tag, swap
	if swap {
		w.doSwap(p, c, now, &op)
		return
	}
	w.do(p, now, &op)
}

func (w *Worker) handleIncr(_ context.Context, c *rpcserver.Call) {
	key, delta, o, err := wire.DecodeIncr(c.Params)
	if err != nil {
		c.Fail(err)
		return
	}
	p, err := w.find(key)
	if err != nil {
		c.Fail(err)
		return
	}
	op := write(replica.OpIncr, key, &o, 0)
	op.Delta, op.Tag = delta, (*incrCall)(c)
	w.do(p, store.Instant(c.Arrived), &op)
}

// keep returns how a core comes to own a large value of a request, if it must keep
// it: by the request's whole buffer, if that is little more than the value. nil:
// it copies the value.
func keep(c *rpcserver.Call, value []byte) (give func()) {
	const large = 32 << 10
	if len(value) < large || len(value) < cap(c.Params)/10*9 {
		return nil
	}
	return c.Detach
}
