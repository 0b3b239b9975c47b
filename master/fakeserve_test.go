package master

import (
	"context"
	"slices"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serve answers for every key, whoever owns it.
func (w *fakeWorker) serve() {
	w.server.HandleSlow(wire.MethodGet, func(_ context.Context, c *rpcserver.Call) {
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
		c.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, 100+delta) })
	})
	w.server.HandleSlow(wire.MethodGetSet, func(_ context.Context, c *rpcserver.Call) {
		key, value, o, err := wire.DecodeGetSet(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		w.note(o)
		w.mu.Lock()
		old, found := w.keys[string(key)]
		w.mu.Unlock()
		w.put(key, value)
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, old, found) })
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
			w.put(p.Key, p.Value)
			results[i].Version = 42
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
			results[i].Found = w.del(k)
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
		for k := range w.keys {
			if v != nil && placement.PartitionOf([]byte(k), len(v.Partitions)) == placement.PartitionID(req.Partition) {
				reply.Keys = append(reply.Keys, []byte(k))
			}
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

func (w *fakeWorker) del(key []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, found := w.keys[string(key)]
	delete(w.keys, string(key))
	return found
}
