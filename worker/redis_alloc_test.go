package worker

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

// Commands that are given often make no garbage, or what they store of it.
func TestRedisCommandsMakeLittleGarbage(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	const n = 1000
	for _, command := range []struct {
		words  string
		most   float64 // allocations of one
		before string
	}{
		{words: "GET {t}a", before: "SET {t}a 1"},
		{words: "SET {t}a 1"},
		{words: "SET {t}a 1 EX 100"},
		{words: "SET {t}a 1 NX"},
		{words: "INCR {t}n"},
		{words: "INCRBY {t}n -5"},
		{words: "EXISTS {t}a {t}b {t}c"},
		{words: "TTL {t}a"},
		{words: "EXPIRE {t}a 100"},
		{words: "DEL {t}d"},
		{words: "MGET {t}a {t}b {t}c {t}d {t}e {t}f {t}g {t}h"},
		{words: "GETRANGE {t}a 0 0"},
		{words: "GETSET {t}a 1"},
		{words: "DEL {t}d {t}e", most: 4},
		{words: "MSET {t}a 1 {t}b 2 {t}c 3", most: 8},
		{words: "APPEND {t}x y", most: 2, before: "SET {t}x x"},
	} {
		if command.before != "" {
			c.Do(strings.Fields(command.before)...)
		}
		batch := []byte(strings.Repeat(resptest.Command(strings.Fields(command.words)...), n))
		one := func() (mallocs uint64) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := c.Write(batch)
			require.NoError(t, err)
			for range n {
				skip(t, c)
			}
			runtime.ReadMemStats(&after)
			return after.Mallocs - before.Mallocs
		}
		one()
		fewest := one()
		for range 4 { // others make garbage, too, from time to time
			fewest = min(fewest, one())
		}
		got := float64(fewest) / n
		if got > command.most+0.1 && !raceEnabled {
			t.Errorf("%s: %.2f allocations, want %.0f at most", command.words, got, command.most)
		}
	}
}

// skip reads a reply without garbage.
func skip(t *testing.T, c *resptest.Client) {
	line, err := c.Reader.ReadSlice('\n')
	require.NoError(t, err)
	n := 0
	for _, digit := range line[1 : len(line)-2] {
		if digit < '0' || digit > '9' {
			return // a status, or below 0
		}
		n = n*10 + int(digit-'0')
	}
	switch line[0] {
	case '$':
		_, err := c.Reader.Discard(n + 2)
		require.NoError(t, err)
	case '*':
		for range n {
			skip(t, c)
		}
	}
}
