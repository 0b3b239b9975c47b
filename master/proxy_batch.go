package master

import (
	"context"

	"pikv/client"
	"pikv/rpcserver"
	"pikv/wire"
)

// itemCost is what each key of a batch takes while it is under way through here, in
// bytes, beside those of its key and value: a frame of 130 KB can have 32,768 of a
// byte each.
const itemCost = 400

// freeItems is for how many bytes of a batch room is not counted.
const freeItems = 64 * itemCost

// roomOf is how much room of a budget n keys take, beside what is counted as their bytes
// come; extra is what they take in any case. Not more than half: what is allowed is
// possible.
func roomOf(b *wire.Budget, n, extra int) int {
	room := int64(n)*itemCost + int64(extra)
	if room <= freeItems {
		return 0
	}
	if limit := b.Limit(); limit > 0 {
		room = min(room, limit/2)
	}
	return int(room)
}

// roomForItems takes room for n keys until the reply is sent; false: the call is
// answered.
func (f *front) roomForItems(c *rpcserver.Call, n int) bool {
	if c.Reserve(roomOf(f.cfg.Server.Budget, n, 0)) {
		return true
	}
	c.Fail(tooMuchInFlight())
	return false
}

// The batches answer for each key by itself: the client's error only sums up
// what its results say one by one, unless there are none.

func (f *front) proxyMGet(ctx context.Context, c *rpcserver.Call) {
	keys, _, err := wire.DecodeMGet(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	if !f.roomForItems(c, len(keys)) {
		return
	}
	f.through(ctx, c, func(cl *client.Client) error {
		// What arrives waits for what is under way, with that of many other calls.
		got, err := cl.MGetWithin(ctx, texts(keys), wantsSmall(c), roomFor(c))
		if err != nil && got == nil {
			return err
		}
		results, size := make([]wire.GetResult, len(got)), 0
		for i, g := range got {
			if !c.Wants(size + len(g.Value)) {
				results[i] = wire.GetResult{Err: rpcserver.ErrLarge}
				continue
			}
			if size > 0 && size+len(g.Value) > wire.MaxValue {
				results[i] = wire.GetResult{Err: wire.Errorf(wire.CodeBusy, "the values together are too large for one reply: ask for fewer keys")}
				continue
			}
			results[i] = wire.GetResult{Value: g.Value, Found: g.Found, Err: itemError(g.Err)}
			size += len(g.Value)
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendMGetResult(buf, results) })
		return nil
	})
}

func (f *front) proxyMPut(ctx context.Context, c *rpcserver.Call) {
	pairs, o, err := wire.DecodeMPut(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	if !f.roomForItems(c, len(pairs)) {
		return
	}
	c.Detach() // as in proxyPut
	f.through(ctx, c, func(cl *client.Client) error {
		items := make([]client.Pair, len(pairs))
		for i, p := range pairs {
			items[i] = client.Pair{Key: string(p.Key), Value: p.Value}
		}
		put, err := cl.MPut(ctx, items, client.Forward(o))
		if err != nil && put == nil {
			return err
		}
		results := make([]wire.PutResult, len(put))
		for i, p := range put {
			results[i] = wire.PutResult{Version: p.Version, Err: itemError(p.Err)}
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendMPutResult(buf, results) })
		return nil
	})
}

func (f *front) proxyMDel(ctx context.Context, c *rpcserver.Call) {
	keys, o, err := wire.DecodeMDel(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	if !f.roomForItems(c, len(keys)) {
		return
	}
	f.through(ctx, c, func(cl *client.Client) error {
		gone, err := cl.MDel(ctx, texts(keys), client.Forward(o))
		if err != nil && gone == nil {
			return err
		}
		results := make([]wire.DelResult, len(gone))
		for i, d := range gone {
			results[i] = wire.DelResult{Found: d.Existed, Err: itemError(d.Err)}
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendMDelResult(buf, results) })
		return nil
	})
}

// itemError is the error of one item of a batch as it goes to the caller.
func itemError(err error) *wire.Error {
	if err == nil {
		return nil
	}
	return wire.AsError(proxyError(err))
}
