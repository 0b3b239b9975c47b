package worker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// INFO says what reads found, and what was removed because its time was over.
func TestInfoOfRedisClientsCountsKeys(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	require.Equal(t, "+OK", c.Do("SET", "short", "v", "PX", "1"))
	require.Equal(t, "+OK", c.Do("SET", "{t}long", "v"))
	eventually(t, "it is gone", func() bool { return c.Do("EXISTS", "short") == ":0" })
	before := c.Do("INFO", "stats")
	require.Contains(t, before, "\r\nexpired_keys:1\r\n")
	hits, misses := w.redis.Stats().Hits, w.redis.Stats().Misses
	require.Equal(t, "v", c.Do("GET", "{t}long"))
	require.Equal(t, "*[v nil]", c.Do("MGET", "{t}long", "{t}none"))
	require.Equal(t, "nil", c.Do("GET", "short"))
	eventually(t, "they are counted", func() bool {
		st := w.redis.Stats()
		return st.Hits == hits+2 && st.Misses == misses+2
	})
}

// SCAN finds each key of a worker once, by cursors that a floating-point number holds.
func TestRedisClientsScan(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	const n = 3000
	for i := range n {
		c.Send("SET", fmt.Sprintf("k%d", i), "v")
	}
	for range n {
		require.Equal(t, "+OK", c.Reply())
	}
	for _, count := range []int{1, 10, 100, 5000} {
		found, calls := make(map[string]bool), 0
		for cursor := "0"; calls == 0 || cursor != "0"; calls++ {
			next, keys, ok := strings.Cut(strings.Trim(c.Do("SCAN", cursor, "COUNT", fmt.Sprint(count)), "*[]"), " *[")
			require.True(t, ok)
			require.LessOrEqual(t, len(next), len("9007199254740992"))
			for key := range strings.FieldsSeq(keys) {
				require.False(t, found[key], "%s comes again", key)
				found[key] = true
			}
			cursor = next
		}
		require.Len(t, found, n)
		require.LessOrEqual(t, calls, n/count+1)
	}
}

// A read of very many keys, one of which has expired and is still there, is put off until
// that is swept, and says so.
func TestRedisClientsReadVeryManyKeys(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	require.Equal(t, "+OK", c.Do("SET", "{t}1", "v", "PX", "1"))
	require.Equal(t, "+OK", c.Do("SET", "{t}2", "v"))
	args := []string{"EXISTS"}
	for i := range 5000 {
		args = append(args, fmt.Sprintf("{t}%d", i))
	}
	eventually(t, "its time is over", func() bool { return strings.HasPrefix(c.Do(args...), "-TRYAGAIN ") })
	require.Equal(t, "nil", c.Do("GET", "{t}1"))
	require.Equal(t, ":1", c.Do(args...))
}
