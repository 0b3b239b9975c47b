package rpcserver_test

import (
	"context"
	"runtime"
	"testing"

	"pikv/rpcserver"
)

// A snapshot's chunks and clients' values come in turns over two connections;
// neither is given new memory for each.
func TestLargeFramesUseTheirRoomAgain(t *testing.T) {
	s := rpcserver.New(quick())
	heard := make(chan struct{})
	s.HandleHello("Peer", func(string, []byte) error { return nil })
	s.HandleNotify("Peer", func(context.Context, string, []byte) { heard <- struct{}{} })
	s.Handle("Put", func(_ context.Context, c *rpcserver.Call) { c.Reply(nilResult) })
	addr := start(t, s)
	peer, client := connect(t, addr), connect(t, addr)
	peer.greet()
	chunk, put := tell(48<<10), request(1, "Put", make([]byte, 10<<10))
	turn := func() {
		peer.send(chunk)
		<-heard
		client.send(put)
		client.expect(literal(t, "94 01 01 c0 c0"))
	}
	turn()
	const turns = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range turns {
		turn()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / turns; each > 8<<10 && !raceEnabled {
		t.Errorf("%d bytes allocated for each two frames", each)
	}
}
