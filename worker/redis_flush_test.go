package worker

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// FLUSHALL leaves nothing in any partition, whatever many keys there are; a key that
// is written behind it stays.
func TestRedisClientsFlush(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	const n = 10 * flushKeys
	for i := range n {
		c.send("SET", fmt.Sprintf("k%d", i), "v")
	}
	for range n {
		require.Equal(t, "+OK", c.reply())
	}
	require.Equal(t, fmt.Sprintf(":%d", n), c.do("DBSIZE"))
	c.send("FLUSHALL")
	c.send("SET", "later", "v")
	c.send("DBSIZE")
	require.Equal(t, "+OK", c.reply())
	require.Equal(t, "+OK", c.reply())
	require.Equal(t, ":1", c.reply())
	require.Equal(t, "[later]", c.do("KEYS", "*"))
	require.Equal(t, "+OK", c.do("FLUSHDB", "ASYNC"))
	require.Equal(t, "nil", c.do("RANDOMKEY"))
	require.Equal(t, "[0 []]", c.do("SCAN", "0", "COUNT", "1000"))
}
