package worker

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRedisClientsThatDoNotReadLargeValues hold nothing but the value itself, which is
// sent from where it lies, and harm nobody.
func TestRedisClientsThatDoNotReadLargeValues(t *testing.T) {
	const size = 64 << 20
	w := redisWorker(t, Config{MaxMemory: 256 << 20})
	other := dialRedis(t, w)
	require.Equal(t, "+OK", other.Do("SET", "large", strings.Repeat("v", size)))
	require.Equal(t, "+OK", other.Do("SET", "small", "v"))
	before := heapBytes()
	for range 10 {
		dialRedis(t, w).Raw(strings.Repeat("GET large\r\n", 20))
	}
	eventually(t, "some have been refused, or wait", func() bool { return w.cfg.Server.Budget.Used() > 0 })
	for range 1000 {
		require.Equal(t, "v", other.Do("GET", "small"))
	}
	require.Less(t, heapBytes()-before, int64(32<<20))
	require.LessOrEqual(t, w.cfg.Server.Budget.Used(), w.cfg.Server.Budget.Limit())
	require.Equal(t, ":1", other.Do("DEL", "large")) // under their feet
	require.Equal(t, "nil", other.Do("GET", "large"))
}

func heapBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}
