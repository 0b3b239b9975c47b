package worker

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// INFO counts the keys that have a time to live, however they came by it or lost it.
func TestInfoOfRedisClientsCountsKeysWithATimeToLive(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	keyspace := func() string { return c.Do("INFO", "keyspace") }
	db := func(counts string) string { return "# Keyspace\r\ndb0:" + counts + ",avg_ttl=0\r\n" }
	require.Equal(t, "# Keyspace\r\n", keyspace())
	for _, step := range []struct{ command, counts string }{
		{"SET {t}a 1", "keys=1,expires=0"},
		{"SET {t}b 1 EX 1000", "keys=2,expires=1"},
		{"SET {t}b 22 EX 1000", "keys=2,expires=1"},
		{"EXPIRE {t}a 1000", "keys=2,expires=2"},
		{"PERSIST {t}b", "keys=2,expires=1"},
		{"COPY {t}a {t}c", "keys=3,expires=2"},
		{"RENAME {t}a {t}c", "keys=2,expires=1"},
		{"APPEND {t}c more", "keys=2,expires=1"},
		{"SET {t}c 1", "keys=2,expires=0"},
		{"GETEX {t}c EX 1000", "keys=2,expires=1"},
		{"DEL {t}b", "keys=1,expires=1"},
		{"SET other 1 EX 1000", "keys=2,expires=2"},
	} {
		c.Line(step.command)
		require.Equal(t, db(step.counts), keyspace(), step.command)
	}
	require.Equal(t, "+OK", c.Do("FLUSHALL"))
	require.Equal(t, "# Keyspace\r\n", keyspace())
}

// The peak of the memory stays when the memory is given back.
func TestInfoOfRedisClientsKeepsThePeakOfMemory(t *testing.T) {
	w := redisWorker(t, Config{})
	w.memory.Force(1 << 30)
	w.sweeper.tick(w.now()) // this worker's ticks do not run by themselves
	w.memory.Release(1 << 30)
	info := dialRedis(t, w).Do("INFO", "memory")
	require.Contains(t, info, "\r\nused_memory:0\r\n")
	require.Contains(t, info, "\r\nused_memory_peak:1073741824\r\nused_memory_peak_human:1.00G\r\n")
}
