package rpcserver_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"pikv/rpcserver"
	"pikv/wire"
)

func TestGarbageEndsTheConnection(t *testing.T) {
	for name, send := range map[string]string{
		"http":                   "47 45 54 20 2f 20 48 54 54 50",
		"a response":             "94 01 05 c0 c0",
		"an unknown kind":        "93 03 a3 476574 90",
		"id is a string":         "94 00 a1 30 a3 476574 90",
		"id over 32 bits":        "94 00 cf 0000000100000000 a3 476574 90",
		"params are a map":       "94 00 05 a3 476574 80",
		"method is a number":     "94 00 05 07 90",
		"a request of three":     "93 00 05 a3476574",
		"a byte that begins nil": "94 00 05 a3 476574 91 c1",
	} {
		t.Run(name, func(t *testing.T) {
			cfg, logs := observed()
			s := toy(cfg)
			addr := start(t, s)
			c := connect(t, addr)
			// What came before is answered.
			c.send(literal(t, "94 00 04 a3 476574 91 a1 6b"+send))
			c.expect(literal(t, "94 01 04 c0 c0"))
			c.ended()
			if got := s.Stats().BadFrames; got != 1 {
				t.Errorf("%d bad frames counted, want 1", got)
			}
			if got := logs.FilterMessageSnippet("bad frame").FilterLevelExact(zapcore.DebugLevel).Len(); got != 1 {
				t.Errorf("%d log entries, want 1: %v", got, logs.All())
			}
			// Others are not affected.
			other := connect(t, addr)
			other.send(literal(t, "94 00 04 a3 476574 91 a1 6b"))
			other.expect(literal(t, "94 01 04 c0 c0"))
		})
	}
}

func TestTruncatedFrameIsCounted(t *testing.T) {
	s := toy(quick())
	c := connect(t, start(t, s))
	c.send(literal(t, "94 00 04 a3 476574 91"))
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.ended()
	if got := s.Stats().BadFrames; got != 1 {
		t.Errorf("%d bad frames counted, want 1", got)
	}
}

func TestOversizedRequestIsToldSo(t *testing.T) {
	cfg := quick()
	cfg.Limits.Frame = 64 << 10
	s := toy(cfg)
	c := connect(t, start(t, s))
	c.send(request(1, "Get", []byte("k")))
	c.expect(literal(t, "94 01 01 c0 c0"))
	go c.sendSome(request(2, "Get", bytes.Repeat([]byte{'k'}, 200<<10)))
	c.refused(2, wire.CodeTooLarge)
	c.ended()
	if got := s.Stats().BadFrames; got != 1 {
		t.Errorf("%d bad frames counted, want 1", got)
	}
}

// A length that is only claimed costs nothing, and the frame must come in time.
func TestClaimedLengthCostsNothing(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(64 << 20)
	cfg.FrameTimeout = 50 * time.Millisecond
	s := toy(cfg)
	c := connect(t, start(t, s))
	c.send(literal(t, "94 00 01 a3 507574 92 a1 6b c6 02000000 00"))
	c.ended()
	if got := cfg.Budget.Used(); got != 0 {
		t.Errorf("%d bytes of the budget are still taken", got)
	}
	if got := s.Stats().BadFrames; got != 1 {
		t.Errorf("%d bad frames counted, want 1", got)
	}
}

func TestStartedFramesMustFinishAndIdleConnectionsLive(t *testing.T) {
	cfg := quick()
	cfg.FrameTimeout = 2 * time.Second // in which the test must get the processor
	s := toy(cfg)
	addr := start(t, s)
	idle, slow := connect(t, addr), connect(t, addr)
	get := literal(t, "94 00 01 a3 476574 91 a1 6b")
	nothing := literal(t, "94 01 01 c0 c0")

	// Two frames that come in pieces, one after the other, each in time.
	for range 2 {
		slow.send(get[:4])
		<-time.After(cfg.FrameTimeout / 8)
		slow.send(get[4:])
		slow.expect(nothing)
	}
	began := time.Now()
	slow.send(get[:4])
	slow.ended()
	if took := time.Since(began); took < cfg.FrameTimeout {
		t.Errorf("ended after %v, before the frame timeout", took)
	}
	// The other one said nothing for longer than that.
	idle.send(get)
	idle.expect(nothing)
	if got := s.Stats().BadFrames; got != 1 {
		t.Errorf("%d bad frames counted, want 1", got)
	}
}

func TestUnknownNotificationIsIgnored(t *testing.T) {
	s := rpcserver.New(quick())
	heard := make(chan string, 1)
	s.HandleNotify("Peer", func(_ context.Context, peer string, params []byte) { heard <- peer + string(params) })
	s.Handle("Echo", echo)
	c := connect(t, start(t, s))
	c.send(literal(t, "93 02 a4 4563686f 90")) // Echo is a call
	c.send(literal(t, "93 02 a4 50656572 91 05"))
	if got, want := <-heard, c.LocalAddr().String()+"\x91\x05"; got != want {
		t.Errorf("notified %q, want %q", got, want)
	}
	c.send(literal(t, "94 00 01 a4 50656572 90")) // Peer is a notification
	c.refused(1, wire.CodeUnknownMethod)
	if st := s.Stats(); st.Unknown != 2 || st.Notifications != 1 || st.BadFrames != 0 {
		t.Errorf("stats %+v", st)
	}
}
