package rpcserver_test

import (
	"context"
	"testing"

	"pikv/rpcserver"
	"pikv/wire"
)

// A call may change hands before and after its handler has returned.
func TestSlowHandsACallOver(t *testing.T) {
	s := rpcserver.New(quick())
	kept := make(keeper, 1)
	s.Handle("Keep", kept.keep)
	s.Handle("AtOnce", func(_ context.Context, c *rpcserver.Call) { c.Slow(echo) })
	c := connect(t, start(t, s))
	for id := range uint32(100) { // calls are used again
		c.send(request(2*id, "AtOnce", nil))
		c.expect(append(wire.AppendResponseOK(nil, 2*id), literal(t, "91 c400")...))
		c.send(request(2*id+1, "Keep", nil))
		(<-kept).Slow(echo)
		c.expect(append(wire.AppendResponseOK(nil, 2*id+1), literal(t, "91 c400")...))
	}
	eventually(t, "no call is in flight", func() bool { return s.Stats().InFlight == 0 })
}

func TestSlowHandlersThatFailAreAnsweredFor(t *testing.T) {
	s := rpcserver.New(quick())
	s.Handle("Panic", func(_ context.Context, c *rpcserver.Call) {
		c.Slow(func(context.Context, *rpcserver.Call) { panic("boom") })
	})
	s.Handle("Silent", func(_ context.Context, c *rpcserver.Call) {
		c.Slow(func(context.Context, *rpcserver.Call) {})
	})
	c := connect(t, start(t, s))
	for id, method := range []string{"Panic", "Silent"} {
		c.send(request(uint32(id), method, nil))
		c.refused(uint32(id), wire.CodeInternal)
	}
}

func TestSlowIsBounded(t *testing.T) {
	cfg := quick()
	cfg.MaxSlowCalls = 1
	s := rpcserver.New(cfg)
	release := make(chan struct{})
	s.Handle("Wait", func(_ context.Context, c *rpcserver.Call) {
		c.Slow(func(_ context.Context, c *rpcserver.Call) {
			<-release
			c.Reply(nilResult)
		})
	})
	c := connect(t, start(t, s))
	c.send(request(1, "Wait", nil))
	c.send(request(2, "Wait", nil))
	c.refused(2, wire.CodeBusy)
	close(release)
	c.expect(literal(t, "94 01 01 c0 c0"))
}

// Calls of which there may be any number do not take the places of the others.
func TestManySlowCallsLeaveRoomForOthers(t *testing.T) {
	cfg := quick()
	cfg.MaxSlowCalls = 4
	s := rpcserver.New(cfg)
	release := make(chan struct{})
	wait := func(_ context.Context, c *rpcserver.Call) {
		<-release
		c.Reply(nilResult)
	}
	s.Handle("HandedOn", func(_ context.Context, c *rpcserver.Call) { c.Slow(wait) })
	s.HandleMany("Many", wait)
	s.HandleSlow("Few", wait)
	c := connect(t, start(t, s))
	ask := func(id uint32, method string) { c.send(request(id, method, nil)) }
	ask(1, "HandedOn")
	ask(2, "Many")
	for id, method := range []string{"HandedOn", "Many"} {
		ask(uint32(id), method)
		c.refused(uint32(id), wire.CodeBusy)
	}
	ask(3, "Few")
	ask(4, "Few")
	ask(5, "Few") // these have half of the places, too, and not more
	c.refused(5, wire.CodeBusy)
	close(release)
	for range 4 {
		if m := c.reply(); m.Err != nil {
			t.Errorf("reply %+v", m)
		}
	}
	for id := range uint32(10) { // places are given back
		// The reply comes first, and then the place.
		eventually(t, "a place is given back", func() bool {
			ask(id, []string{"HandedOn", "Many", "Few"}[id%3])
			return c.reply().Err == nil
		})
	}
}

// Close has waited for all that it knows of: nothing may begin behind its back.
func TestSlowOnADeadConnectionStartsNothing(t *testing.T) {
	s := rpcserver.New(quick())
	kept := make(keeper, 1)
	s.Handle("Keep", kept.keep)
	c := connect(t, start(t, s))
	c.send(request(1, "Keep", nil))
	call := <-kept
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Close(ctx); err == nil {
		t.Fatal("close waited for no call")
	}
	call.Slow(func(context.Context, *rpcserver.Call) { t.Error("a handler runs after Close") })
}
