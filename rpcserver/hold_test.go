package rpcserver_test

import (
	"context"
	"testing"

	"pikv/rpcserver"
)

// A connection whose handler finds no end of calls is read on when it has few.
func TestHeldConnectionsHaveFewCallsInFlight(t *testing.T) {
	const few = 16
	s := rpcserver.New(quick())
	kept := make(keeper, 100)
	s.Handle("Keep", func(ctx context.Context, c *rpcserver.Call) {
		c.Hold()
		kept.keep(ctx, c)
	})
	s.Handle("Echo", echo)
	addr := start(t, s)
	c, other := connect(t, addr), connect(t, addr)
	for id := range uint32(50) {
		c.send(request(id, "Keep", nil))
	}
	eventually(t, "few calls in flight", func() bool { return len(kept) == few })
	never(t, "more calls than few are in flight", func() bool { return len(kept) > few || s.Stats().InFlight > few })
	other.send(request(7, "Echo", nil))
	if m := other.reply(); m.ID != 7 || m.Err != nil {
		t.Errorf("beside: reply %+v", m)
	}
	for id := range uint32(50) {
		(<-kept).Reply(nilResult)
		if m := c.reply(); m.ID != id {
			t.Fatalf("reply %d, want %d", m.ID, id)
		}
	}
}
