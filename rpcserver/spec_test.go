package rpcserver_test

import (
	"bytes"
	"context"
	"testing"

	"pikv/rpcserver"
	"pikv/wire"
)

// toy is a server with Get, Put and Del as a worker has them, on a map.
func toy(cfg rpcserver.Config) *rpcserver.Server {
	s := rpcserver.New(cfg)
	data := make(chan map[string][]byte, 1)
	data <- map[string][]byte{}
	s.Handle(wire.MethodGet, func(_ context.Context, c *rpcserver.Call) {
		key, _, err := wire.DecodeGet(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		m := <-data
		value, found := m[string(key)]
		data <- m
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, found) })
	})
	s.Handle(wire.MethodPut, func(_ context.Context, c *rpcserver.Call) {
		key, value, _, err := wire.DecodePut(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		m := <-data
		m[string(key)] = bytes.Clone(value)
		data <- m
		c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, 7) })
	})
	s.HandleSlow(wire.MethodDel, func(_ context.Context, c *rpcserver.Call) {
		keys, err := wire.DecodeDel(c.Params, nil)
		if err != nil {
			c.Fail(err)
			return
		}
		n := int64(0)
		m := <-data
		for _, key := range keys {
			if _, found := m[string(key)]; found {
				delete(m, string(key))
				n++
			}
		}
		data <- m
		c.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, n) })
	})
	return s
}

// TestLiteralBytes speaks the protocol as its specification writes it down:
// a request is [0, msgid, method, params], a response [1, msgid, error, result].
func TestLiteralBytes(t *testing.T) {
	s := toy(quick())
	c := connect(t, start(t, s))
	for _, step := range []struct{ send, expect string }{
		// [0, 0, "Get", ["k"]] -> [1, 0, nil, nil]
		{"94 00 00 a3 476574 91 a1 6b", "94 01 00 c0 c0"},
		// [0, 1, "Put", ["k", "v"]] -> [1, 1, nil, 7]
		{"94 00 01 a3 507574 92 a1 6b a1 76", "94 01 01 c0 07"},
		// [0, 2, "Get", [bin "k"]] -> [1, 2, nil, bin "v"]
		{"94 00 02 a3 476574 91 c4 01 6b", "94 01 02 c0 c4 01 76"},
		// the largest id, uint32, in a method of form str 8, an array of form array 16
		{"94 00 ce ffffffff d9 03 476574 dc 0001 a1 6b", "94 01 ce ffffffff c0 c4 01 76"},
		// two at once: [0, 3, "Del", ["k", "x"]] alone, since it is slow and may be overtaken
		{"94 00 03 a3 44656c 92 a1 6b a1 78", "94 01 03 c0 01"},
		{"94 00 04 a3 476574 91 a1 6b 94 00 05 a3 476574 91 a1 6b", "94 01 04 c0 c0 94 01 05 c0 c0"},
		// a notification [2, "Nobody", []] has no reply, also when nobody handles it
		{"93 02 a6 4e6f626f6479 90 94 00 06 a3 476574 91 a1 6b", "94 01 06 c0 c0"},
	} {
		c.send(literal(t, step.send))
		c.expect(literal(t, step.expect))
	}
	if got := s.Stats().Unknown; got != 1 {
		t.Errorf("%d unknown methods counted, want 1", got)
	}

	// [0, 7, "Nope", []] -> [1, 7, ["unknown_method", text], nil]
	c.send(literal(t, "94 00 07 a4 4e6f7065 90"))
	c.expect(literal(t, "94 01 07 92 ae 756e6b6e6f776e5f6d6574686f64"))
	c.expect(wire.AppendStr(nil, `unknown method "Nope"`))
	c.expect(literal(t, "c0"))

	// Byte by byte.
	for _, b := range literal(t, "94 00 08 a3 476574 91 a1 6b") {
		c.send([]byte{b})
	}
	c.expect(literal(t, "94 01 08 c0 c0"))

	// Wrong parameters are an error of that call only.
	c.send(literal(t, "94 00 09 a3 476574 91 93 010203"))
	c.refused(9, wire.CodeBadRequest)
	c.send(literal(t, "94 00 0a a3 476574 91 a1 6b"))
	c.expect(literal(t, "94 01 0a c0 c0"))
}
