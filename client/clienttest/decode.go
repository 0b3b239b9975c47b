package clienttest

import (
	"pikv/rpcserver"
	"pikv/wire"
)

func (n *Node) decodeGet(c *rpcserver.Call) (request, error) {
	key, o, err := wire.DecodeGet(c.Params)
	return request{
		options: o,
		pairs:   []wire.Pair{{Key: key}},
		reply: func(r []result) {
			if !c.Wants(len(r[0].value)) {
				c.Fail(rpcserver.ErrLarge)
				return
			}
			c.Reply(func(buf []byte) []byte {
				if o.WithLeft {
					return wire.AppendLeftResult(buf, r[0].value, r[0].version, r[0].ttl, r[0].found)
				}
				if o.WithVersion {
					return wire.AppendVersionedResult(buf, r[0].value, r[0].version, r[0].found)
				}
				return wire.AppendGetResult(buf, r[0].value, r[0].found)
			})
		},
	}, err
}

func (n *Node) decodePut(c *rpcserver.Call) (request, error) {
	key, value, o, err := wire.DecodePut(c.Params)
	return request{
		options: o,
		pairs:   []wire.Pair{{Key: key, Value: value}},
		reply: func(r []result) {
			c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, r[0].version) })
		},
	}, err
}

func (n *Node) decodeIncr(c *rpcserver.Call) (request, error) {
	key, delta, o, err := wire.DecodeIncr(c.Params)
	return request{
		options: o,
		pairs:   []wire.Pair{{Key: key}},
		delta:   delta,
		reply: func(r []result) {
			c.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, r[0].sum) })
		},
	}, err
}

func (n *Node) decodeGetSet(c *rpcserver.Call) (request, error) {
	key, value, o, err := wire.DecodeGetSet(c.Params)
	return request{
		options: o,
		pairs:   []wire.Pair{{Key: key, Value: value}},
		reply: func(r []result) {
			c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, r[0].value, r[0].found) })
		},
	}, err
}

func (n *Node) decodeMGet(c *rpcserver.Call) (request, error) {
	keys, o, err := wire.DecodeMGet(c.Params, nil)
	return request{
		options: o,
		pairs:   pairsOf(keys),
		reply: func(results []result) {
			out, size := make([]wire.GetResult, len(results)), 0
			for i, r := range results {
				if !c.Wants(size + len(r.value)) {
					out[i] = wire.GetResult{Err: rpcserver.ErrLarge}
					continue
				}
				size += len(r.value)
				out[i] = wire.GetResult{Value: r.value, Found: r.found, Err: r.err}
			}
			c.Reply(func(buf []byte) []byte { return wire.AppendMGetResult(buf, out) })
		},
	}, err
}

func (n *Node) decodeMPut(c *rpcserver.Call) (request, error) {
	pairs, o, err := wire.DecodeMPut(c.Params, nil)
	return request{
		options: o,
		pairs:   pairs,
		reply: func(results []result) {
			out := make([]wire.PutResult, len(results))
			for i, r := range results {
				out[i] = wire.PutResult{Version: r.version, Err: r.err}
			}
			c.Reply(func(buf []byte) []byte { return wire.AppendMPutResult(buf, out) })
		},
	}, err
}

func (n *Node) decodeMDel(c *rpcserver.Call) (request, error) {
	keys, o, err := wire.DecodeMDel(c.Params, nil)
	return request{
		options: o,
		pairs:   pairsOf(keys),
		reply: func(results []result) {
			out := make([]wire.DelResult, len(results))
			for i, r := range results {
				out[i] = wire.DelResult{Found: r.found, Err: r.err}
			}
			c.Reply(func(buf []byte) []byte { return wire.AppendMDelResult(buf, out) })
		},
	}, err
}

func pairsOf(keys [][]byte) []wire.Pair {
	pairs := make([]wire.Pair, len(keys))
	for i, k := range keys {
		pairs[i].Key = k
	}
	return pairs
}
