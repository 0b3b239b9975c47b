package worker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// FLUSHALL leaves nothing in any partition, whatever many keys there are; a key that
// is written behind it stays.
func TestRedisClientsFlush(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	const n = 10 * flushKeys
	for i := range n {
		c.Send("SET", fmt.Sprintf("k%d", i), "v")
	}
	for range n {
		require.Equal(t, "+OK", c.Reply())
	}
	require.Equal(t, fmt.Sprintf(":%d", n), c.Do("DBSIZE"))
	c.Send("FLUSHALL")
	c.Send("SET", "later", "v")
	c.Send("DBSIZE")
	require.Equal(t, "+OK", c.Reply())
	require.Equal(t, "+OK", c.Reply())
	require.Equal(t, ":1", c.Reply())
	require.Equal(t, "*[later]", c.Do("KEYS", "*"))
	require.Equal(t, "+OK", c.Do("FLUSHDB", "ASYNC"))
	require.Equal(t, "nil", c.Do("RANDOMKEY"))
	require.Equal(t, "*[0 *[]]", c.Do("SCAN", "0", "COUNT", "1000"))
}

// However small values may be, and so what is written at once.
func TestRedisClientsFlushWithSmallValues(t *testing.T) {
	cfg := Config{}
	cfg.Server.Limits = wire.DefaultLimits()
	cfg.Server.Limits.Value = 100
	w := redisWorker(t, cfg)
	c := dialRedis(t, w)
	for i := range 1000 {
		require.Equal(t, "+OK", c.Do("SET", fmt.Sprintf("k%d%s", i, strings.Repeat("k", i)), "v"))
	}
	require.Equal(t, "+OK", c.Do("FLUSHALL"))
	require.Equal(t, ":0", c.Do("DBSIZE"))
}
