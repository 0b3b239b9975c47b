package master

import (
	"context"
	"net"
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
	w.answerGet(func(context.Context, *rpcserver.Call) {}) // never
	defer w.stop()                                         // before the master, which would wait
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
	most := int64(0)
	for began := time.Now(); time.Since(began) < 300*time.Millisecond; time.Sleep(time.Millisecond) {
		most = max(most, m.server.Stats().InFlight)
	}
	require.Greater(t, most, int64(enough)/2)
	require.Less(t, most, int64(enough+conns*20))
}
