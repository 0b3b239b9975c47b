package master

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/resp/resptest"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/wire"
)

// Very many small keys take memory on their way through the proxy, also when there is no
// value: it counts from the beginning, and who finds no room is told so at once.
func TestProxiedKeysAreBounded(t *testing.T) {
	const keys, clients, budget = 8192, 200, 8 << 20
	const most = budget / (keys * itemCost) // commands at once
	cfg := config(t)
	cfg.RESPPort, cfg.RESPProxy, cfg.Server.Budget = socket.AnyPort, true, wire.NewBudget(budget)
	m := startMaster(t, cfg)
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	goOn := make(chan struct{})
	var asked atomic.Int64
	w.answerGet(func(ctx context.Context, c *rpcserver.Call) {
		asked.Add(1)
		select {
		case <-goOn:
		case <-ctx.Done():
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendLeftResult(buf, nil, 0, 0, false) })
	})
	names := make([]string, keys)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	command := resptest.Command(append([]string{"MGET"}, names...)...)

	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	conns := make([]*resptest.Client, clients)
	for i := range conns {
		conns[i] = dialRedis(t, m)
		conns[i].Raw(command)
	}
	highest := uint64(0)
	require.Eventually(t, func() bool {
		runtime.ReadMemStats(&now)
		highest = max(highest, now.HeapInuse)
		return asked.Load() > 0 && m.redis.Stats().Failed >= clients-most
	}, 30*time.Second, time.Millisecond)
	require.LessOrEqual(t, m.cfg.Server.Budget.Used(), int64(budget))
	// Each would take keys*itemCost bytes, or 3 MiB.
	require.Less(t, int64(highest-min(highest, before.HeapInuse)), int64(clients*keys*itemCost/16))
	require.Equal(t, "+PONG", dialRedis(t, m).Do("PING"))

	close(goOn)
	right := "*[" + strings.TrimSuffix(strings.Repeat("nil ", keys), " ") + "]"
	served := 0
	for _, c := range conns {
		if reply := c.Reply(); reply != right {
			require.Equal(t, "-TRYAGAIN too many bytes in flight", reply)
			continue
		}
		served++
	}
	require.Positive(t, served)
	require.LessOrEqual(t, served, most)
	require.Eventually(t, func() bool { return m.cfg.Server.Budget.Used() == 0 }, 30*time.Second, time.Millisecond)
	require.Equal(t, right, conns[0].Do(append([]string{"MGET"}, names...)...), "there is room again")
}

// Pages of long keys count while they are looked through.
func TestProxiedPagesAreBounded(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort, cfg.RESPProxy, cfg.Server.Budget = socket.AnyPort, true, wire.NewBudget(1<<20)
	m := startMaster(t, cfg)
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	key := strings.Repeat("k", 60<<10)
	w.put([]byte(key), []byte("v"))
	c := dialRedis(t, m)
	require.Equal(t, "*["+key+"]", c.Do("KEYS", "*"))
	require.Eventually(t, func() bool { return m.cfg.Server.Budget.Used() == 0 }, 30*time.Second, time.Millisecond)
	const room = 100 << 10 // less than the key takes twice
	require.True(t, m.cfg.Server.Budget.Acquire(1<<20-room))
	require.Equal(t, "-TRYAGAIN too many bytes in flight", c.Do("KEYS", "none"))
	m.cfg.Server.Budget.Release(1<<20 - room)
	require.Eventually(t, func() bool { return m.cfg.Server.Budget.Used() == 0 }, 30*time.Second, time.Millisecond)
}

// A page that finds no room is the end of its command, also where one key would find some:
// no worker is asked again and again.
func TestProxiedPagesWithoutRoomAreRefusedAtOnce(t *testing.T) {
	const budget, keys = 1 << 20, 300
	cfg := config(t)
	cfg.RESPPort, cfg.RESPProxy, cfg.Server.Budget = socket.AnyPort, true, wire.NewBudget(budget)
	m := startMaster(t, cfg)
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	for i := range keys {
		w.put(fmt.Append(nil, "{t}", i), nil)
	}
	slot := placement.Slot([]byte("{t}"))
	view, _ := w.held()
	before := int(placement.PartitionOfSlot(slot, len(view.Partitions))) // partitions, all empty
	c := dialRedis(t, m)
	commands := []struct {
		line  string
		pages int // at most
	}{{"KEYS *", before + 1}, {fmt.Sprint("CLUSTER COUNTKEYSINSLOT ", slot), 1}, {fmt.Sprint("CLUSTER GETKEYSINSLOT ", slot, " 1000"), 1}}
	require.True(t, m.cfg.Server.Budget.Acquire(budget))
	for _, command := range commands {
		from := w.paged()
		require.Equal(t, "-TRYAGAIN too many bytes in flight", c.Line(command.line), command.line)
		require.LessOrEqual(t, w.paged()-from, command.pages, command.line)
	}
	m.cfg.Server.Budget.Release(budget)
	require.Eventually(t, func() bool { return m.cfg.Server.Budget.Used() == 0 }, 30*time.Second, time.Millisecond)
	for _, command := range commands {
		reply := c.Line(command.line)
		require.True(t, reply == ":300" || strings.Count(reply, "{t}") == keys, "%s: %.100s", command.line, reply)
	}
}
