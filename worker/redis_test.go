package worker

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/socket"
)

// redisWorker returns a worker alone with its 16 partitions, whose door for clients
// of Redis is open.
func redisWorker(t *testing.T, cfg Config) *Worker {
	t.Helper()
	cfg.Name, cfg.RESPPort = "w1", socket.AnyPort
	if cfg.MaxMemory == 0 {
		cfg.MaxMemory = 64 << 20
	}
	w := newWorkerOf(t, cfg)
	openRedis(t, w)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 1))))
	return w
}

// openRedis opens a worker's door without gossip and loops.
func openRedis(t *testing.T, w *Worker) {
	t.Helper()
	ln, err := w.listenRedis("127.0.0.1")
	require.NoError(t, err)
	require.NoError(t, w.redis.Start(ln))
}

func dialRedis(t *testing.T, w *Worker) *resptest.Client {
	t.Helper()
	return resptest.Dial(t, w.RESPAddr())
}

func TestRedisClientsWriteAndRead(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	require.Equal(t, "nil", c.Do("GET", "k"))
	require.Equal(t, "+OK", c.Do("SET", "k", "v"))
	require.Equal(t, "v", c.Do("GET", "k"))
	for _, size := range []int{5 << 10, lendFrom - 1, lendFrom, 1 << 20, 5 << 20} {
		value := strings.Repeat("x", size)
		require.Equal(t, "+OK", c.Do("SET", "large", value))
		require.Equal(t, value, c.Do("GET", "large"))
	}
	eventually(t, "the budget is whole again", func() bool { return w.cfg.Server.Budget.Used() == 0 })
	require.Equal(t, "-ERR empty key", c.Do("GET", ""))
	require.Contains(t, c.Do("GET", strings.Repeat("k", 65<<10)), "-ERR key of 66560 bytes is over the limit")
}

func TestRedisClientsLearnThatTheMemoryIsFull(t *testing.T) {
	w := redisWorker(t, Config{MaxMemory: 1 << 20})
	c := dialRedis(t, w)
	require.Equal(t, "-OOM command not allowed when used memory > 'maxmemory'.", c.Do("SET", "k", strings.Repeat("v", 2<<20)))
	require.Equal(t, "nil", c.Do("GET", "k"))
}
