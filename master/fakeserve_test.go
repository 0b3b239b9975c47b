package master

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serve answers for every key, whoever owns it.
func (w *fakeWorker) serve() {
	w.server.Handle(wire.MethodGet, func(ctx context.Context, c *rpcserver.Call) {
		w.mu.Lock()
		get := w.get
		w.mu.Unlock()
		if get != nil {
			get(ctx, c)
			return
		}
		key, o, err := wire.DecodeGet(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		w.note(o)
		w.mu.Lock()
		value, found := w.keys[string(key)]
		w.mu.Unlock()
		c.Reply(func(buf []byte) []byte {
			if o.WithLeft {
				return wire.AppendLeftResult(buf, value, 42, time.Minute, found)
			}
			if o.WithVersion {
				return wire.AppendVersionedResult(buf, value, 42, found)
			}
			return wire.AppendGetResult(buf, value, found)
		})
	})
	w.server.HandleSlow(wire.MethodPut, func(_ context.Context, c *rpcserver.Call) {
		key, value, o, err := wire.DecodePut(c.Params)
		if err == nil && o.If == wire.IfAbsent {
			err = wire.Errorf(wire.CodeCondition, "it is there")
		}
		if err != nil {
			c.Fail(err)
			return
		}
		w.note(o)
		w.put(key, value)
		c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, 42) })
	})
	w.server.HandleSlow(wire.MethodIncr, func(_ context.Context, c *rpcserver.Call) {
		_, delta, o, err := wire.DecodeIncr(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		w.note(o)
		sum := once(w, o, 0, func() int64 { w.sum += delta; return w.sum })
		c.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, sum) })
	})
	w.server.HandleSlow(wire.MethodGetSet, func(_ context.Context, c *rpcserver.Call) {
		key, value, o, err := wire.DecodeGetSet(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		w.note(o)
		was := once(w, o, 0, func() wire.GetResult {
			old, found := w.keys[string(key)]
			w.keys[string(key)] = bytes.Clone(value)
			return wire.GetResult{Value: old, Found: found}
		})
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, was.Value, was.Found) })
	})
	w.server.HandleSlow(wire.MethodMGet, func(_ context.Context, c *rpcserver.Call) {
		keys, _, err := wire.DecodeMGet(c.Params, nil)
		if err != nil {
			c.Fail(err)
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		var results []wire.GetResult
		for _, k := range keys {
			value, found := w.keys[string(k)]
			results = append(results, wire.GetResult{Value: value, Found: found})
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendMGetResult(buf, results) })
	})
	w.server.HandleSlow(wire.MethodMPut, func(_ context.Context, c *rpcserver.Call) {
		pairs, o, err := wire.DecodeMPut(c.Params, nil)
		if err != nil {
			c.Fail(err)
			return
		}
		w.note(o)
		results := make([]wire.PutResult, len(pairs))
		for i, p := range pairs {
			results[i] = once(w, o, i, func() wire.PutResult {
				w.keys[string(p.Key)] = append(w.keys[string(p.Key)], p.Value...) // so that a second effect shows
				return wire.PutResult{Version: 42}
			})
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendMPutResult(buf, results) })
	})
	w.server.HandleSlow(wire.MethodMDel, func(_ context.Context, c *rpcserver.Call) {
		keys, o, err := wire.DecodeMDel(c.Params, nil)
		if err != nil {
			c.Fail(err)
			return
		}
		w.note(o)
		results := make([]wire.DelResult, len(keys))
		for i, k := range keys {
			results[i].Found = once(w, o, i, func() bool { return w.delLocked(k) })
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendMDelResult(buf, results) })
	})
	w.server.HandleSlow(wire.MethodDel, func(_ context.Context, c *rpcserver.Call) {
		keys, err := wire.DecodeDel(c.Params, nil)
		if err != nil {
			c.Fail(err)
			return
		}
		n := 0
		for _, k := range keys {
			if w.del(k) {
				n++
			}
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, int64(n)) })
	})
	w.server.HandleSlow(wire.MethodKeys, func(_ context.Context, c *rpcserver.Call) {
		var req wire.KeysRequest
		if err := c.Body(&req); err != nil {
			c.Fail(err)
			return
		}
		v, _ := w.held()
		var reply wire.KeysReply
		w.mu.Lock()
		w.pages++
		place := uint64(0) // in the order of the keys
		for _, k := range slices.Sorted(maps.Keys(w.keys)) {
			if v == nil || placement.PartitionOf([]byte(k), len(v.Partitions)) != placement.PartitionID(req.Partition) {
				continue
			}
			if place++; place <= req.Cursor {
				continue
			}
			if len(reply.Keys) == req.Limit {
				reply.Next = place - 1
				break
			}
			reply.Keys = append(reply.Keys, []byte(k))
		}
		w.mu.Unlock()
		c.ReplyBody(&reply)
	})
}

func (w *fakeWorker) note(o wire.Options) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o.Seqs = slices.Clone(o.Seqs)
	w.options = append(w.options, o)
}

func (w *fakeWorker) put(key, value []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys[string(key)] = append([]byte(nil), value...)
}

// paged is how many pages of keys were asked for.
func (w *fakeWorker) paged() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pages
}

// written is the name of a write.
type written struct{ client, seq uint64 }

// once returns what take did for the i-th write of o when it was first asked,
// as a worker's records do. take is called with the mutex held.
func once[T any](w *fakeWorker, o wire.Options, i int, take func() T) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := written{o.Client, o.Seq}
	if len(o.Seqs) > 0 {
		name.seq = o.Seqs[i]
	}
	if outcome, repeated := w.records[name].(T); repeated {
		return outcome
	}
	outcome := take()
	if name.client != 0 {
		w.records[name] = outcome
	}
	return outcome
}

func (w *fakeWorker) del(key []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.delLocked(key)
}

func (w *fakeWorker) delLocked(key []byte) bool {
	_, found := w.keys[string(key)]
	delete(w.keys, string(key))
	return found
}
