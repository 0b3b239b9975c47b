package rpcserver_test

import (
	"context"
	"testing"

	"pikv/rpcserver"
	"pikv/wire"
)

// sized answers with a value of as many bytes as its parameter says, if that is
// wanted.
func sized(_ context.Context, c *rpcserver.Call) {
	d := wire.NewDecoder(c.Params)
	d.ArrayHeader()
	size := int(d.Bytes()[0]) << 10
	if !c.Wants(size) {
		c.Fail(rpcserver.ErrLarge)
		return
	}
	c.Reply(func(buf []byte) []byte { return wire.AppendBin(buf, make([]byte, size)) })
}

func atMost(bytes int) []byte {
	return wire.AppendAtMost(wire.AppendNotify(nil, wire.MethodAtMost), bytes)
}

// Only the connection that asked for it gets no large answers.
func TestAConnectionGetsNoMoreThanItWants(t *testing.T) {
	s := rpcserver.New(quick())
	s.Handle("Sized", sized)
	addr := start(t, s)
	small, other := connect(t, addr), connect(t, addr)
	small.send(atMost(100 << 10))
	for size, wanted := range map[byte]bool{1: true, 64: true, 100: true, 101: false, 200: false} {
		for _, c := range []stranger{small, other} {
			c.send(request(1, "Sized", []byte{size}))
			if c == small && !wanted {
				c.refused(1, wire.CodeLarge)
			} else if m := c.reply(); m.Err != nil {
				t.Fatalf("%d KiB: refused", size)
			}
		}
	}
	small.send(atMost(1)) // whoever asks for less than what is small gets what is small
	small.send(request(2, "Sized", []byte{64}))
	small.reply()
	small.send(request(3, "Sized", []byte{65}))
	small.refused(3, wire.CodeLarge)
	small.send(atMost(0))
	small.send(request(4, "Sized", []byte{200}))
	if m := small.reply(); m.Err != nil {
		t.Fatal("refused after it was taken back")
	}
	if st := s.Stats(); st.Unknown != 0 || st.Conns != 2 {
		t.Errorf("stats %+v", st)
	}
}

func TestAtMostThatMakesNoSenseEndsTheConnection(t *testing.T) {
	s := rpcserver.New(quick())
	addr := start(t, s)
	for _, params := range []string{"90", "91 c0", "91 ff", "92 01 01", "91 a1 6b"} {
		c := connect(t, addr)
		c.send(append(wire.AppendNotify(nil, wire.MethodAtMost), literal(t, params)...))
		c.ended()
	}
	if st := s.Stats(); st.BadFrames != 5 {
		t.Errorf("stats %+v", st)
	}
}

// A surplus connection that begins so hears that its request had no effect, as
// others do; what it may say before is no more than that.
func TestASurplusConnectionMaySayAtMost(t *testing.T) {
	cfg := quick()
	cfg.MaxConns = 1
	s := toy(cfg)
	addr := start(t, s)
	connect(t, addr)
	eventually(t, "the place is taken", func() bool { return s.Stats().Conns == 1 })
	surplus := connect(t, addr)
	surplus.send(append(atMost(wire.SmallValue), request(5, wire.MethodGet, []byte("k"))...))
	surplus.refused(5, wire.CodeBusy)
	surplus.ended()
	surplus = connect(t, addr)
	surplus.send(append(atMost(wire.SmallValue), atMost(wire.SmallValue)...))
	surplus.ended()
}
