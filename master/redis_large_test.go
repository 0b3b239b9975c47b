package master

import (
	"context"
	"net"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcserver"
	"pikv/socket"
	"pikv/wire"
)

// Redis clients of the proxy that all want a large value at once, and do not read it,
// make it hold what there is room for, and a few more that have just come: a worker's
// large values come one after the other on one connection, and those for which there is
// no room are dropped at once.
func TestProxiedReadsOfLargeValuesAreBounded(t *testing.T) {
	const size, clients, budget = 4 << 20, 100, 32 << 20
	cfg := config(t)
	cfg.RESPPort, cfg.RESPProxy, cfg.Server.Budget = socket.AnyPort, true, wire.NewBudget(budget)
	m := startMaster(t, cfg)
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	value := []byte(strings.Repeat("v", size))
	var served atomic.Int64
	w.answerGet(func(_ context.Context, c *rpcserver.Call) {
		if !c.Wants(size) {
			c.Fail(rpcserver.ErrLarge)
			return
		}
		served.Add(1)
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, true) })
	})
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	most := uint64(0)
	for range clients {
		c, err := net.Dial("tcp", m.RESPAddr())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4<<10)) // or the system takes whole values from the master
		_, err = c.Write([]byte("GET large\r\n"))
		require.NoError(t, err)
	}
	refused := func() int64 { return m.redis.Stats().Failed }
	require.Eventually(t, func() bool {
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapInuse)
		return served.Load() == clients && refused() >= clients-budget/size
	}, 2*time.Minute, time.Millisecond)
	require.LessOrEqual(t, m.cfg.Server.Budget.Used(), int64(budget))
	require.Less(t, int64(most-min(most, before.HeapInuse)), int64(clients*size/2)) // 400 MiB were asked for
}
