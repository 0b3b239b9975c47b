package master

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcserver"
	"pikv/wire"
)

// What an owner does not get done is not read from those who ask for it, from each a
// little: who comes then has few ahead.
func TestReadsOfABusyOwnerWaitWhereTheyComeFrom(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	_, err := proxied(t, m).Put(t.Context(), "k", []byte("v")) // the master has its connection now
	require.NoError(t, err)
	kept := make(chan *rpcserver.Call, 20_000)
	w.answerGet(func(_ context.Context, c *rpcserver.Call) { kept <- c })
	ctx, cancel := context.WithCancel(t.Context())
	var answering sync.WaitGroup
	answering.Go(func() { // now and then
		for tick := time.NewTicker(10 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			select {
			case c := <-kept:
				c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, []byte("v"), true) })
			default:
			}
		}
	})
	defer w.stop() // before the master, which would wait
	defer answering.Wait()
	defer cancel()
	const conns, each, enough = 12, 500, 2048
	for range conns {
		conn, err := net.Dial("tcp", m.Addr())
		require.NoError(t, err)
		defer conn.Close()
		var all []byte
		for id := range uint32(each) {
			all = append(wire.AppendRequest(all, id, wire.MethodGet), wire.AppendGet(nil, []byte("k"), wire.Options{})...)
		}
		_, err = conn.Write(all)
		require.NoError(t, err)
	}
	eventually(t, func() bool { return m.server.Stats().InFlight > enough/2 }, "more are not read on")
	most := int64(0)
	for began := time.Now(); time.Since(began) < 300*time.Millisecond; time.Sleep(time.Millisecond) {
		most = max(most, m.server.Stats().InFlight)
	}
	// 2048 and a few of each, if the owner is heard in time; without, all.
	require.Less(t, most, int64(conns*each*3/4))
}
