package master

import (
	"context"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// serve answers for every key, whoever owns it.
func (w *fakeWorker) serve() {
	w.server.HandleSlow(wire.MethodGet, func(_ context.Context, c *rpcserver.Call) {
		key, _, err := wire.DecodeGet(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		w.mu.Lock()
		value, found := w.keys[string(key)]
		w.mu.Unlock()
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, found) })
	})
	w.server.HandleSlow(wire.MethodPut, func(_ context.Context, c *rpcserver.Call) {
		key, value, _, err := wire.DecodePut(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		w.put(key, value)
		c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, 42) })
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
		pairs, _, err := wire.DecodeMPut(c.Params, nil)
		if err != nil {
			c.Fail(err)
			return
		}
		results := make([]wire.PutResult, len(pairs))
		for i, p := range pairs {
			w.put(p.Key, p.Value)
			results[i].Version = 42
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendMPutResult(buf, results) })
	})
	w.server.HandleSlow(wire.MethodMDel, func(_ context.Context, c *rpcserver.Call) {
		keys, _, err := wire.DecodeMDel(c.Params, nil)
		if err != nil {
			c.Fail(err)
			return
		}
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
