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
