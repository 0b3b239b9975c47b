package resp

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wireCommand is one as clients send it.
func wireCommand(args ...string) string {
	var w Writer
	w.Array(len(args))
	for _, a := range args {
		w.BulkString(a)
	}
	return string(w.buf)
}

func TestGlance(t *testing.T) {
	get := wireCommand("GET", "k1")
	for in, want := range map[string]string{
		get:                                    "k1",
		get + get:                              "k1",
		wireCommand("SET", "", "v") + "*":      "",
		wireCommand("MSET", "a", "1", "b", ""): "a",
	} {
		key, rest, ok := glance([]byte(in))
		require.True(t, ok, "%q", in)
		require.Equal(t, want, string(key))
		require.True(t, strings.HasSuffix(in, string(rest)))
	}
	for _, in := range []string{"", "*", "*2\r\n", "GET k1\r\n", wireCommand("PING"), get[:len(get)-1], "*2\r\n$3\r\nGET\r\n$1000\r\nx\r\n", "*2\r\n$3\r\nGET\r\n$-1\r\n", "*99999999\r\n",
		wireCommand(strings.Split(strings.Repeat("MSET ", 20), " ")...)} {
		_, _, ok := glance([]byte(in))
		require.False(t, ok, "%q", in)
	}
}

// The Keyspace hears of the keys of a pipeline, in their order and before the commands
// run, and of none when there is one command.
func TestKeysOfAPipelineAreExpected(t *testing.T) {
	var mu sync.Mutex
	var told []string
	c := newTestServer(t, func(cfg *Config) {
		cfg.Expect = func(keys [][]byte) {
			mu.Lock()
			defer mu.Unlock()
			for _, k := range keys {
				told = append(told, string(k))
			}
		}
	}).dial(t)
	require.Equal(t, "+OK", c.Do("SET", "alone", "1"))
	mu.Lock()
	require.Empty(t, told)
	mu.Unlock()
	var pipeline strings.Builder
	var want []string
	for i := range 2*aheadMost + 3 {
		key := string(rune('a' + i))
		want = append(want, key)
		pipeline.WriteString(wireCommand("SET", key, strings.Repeat("v", i)))
	}
	deadline := time.Now().Add(patience)
	for { // the network may cut what was sent in one piece, though it hardly ever does
		mu.Lock()
		told = nil
		mu.Unlock()
		c.Raw(pipeline.String())
		for range want {
			require.Equal(t, "+OK", c.Reply())
		}
		mu.Lock()
		whole := len(told) == len(want)
		if whole {
			require.Equal(t, want, told)
		}
		mu.Unlock()
		if whole {
			break
		}
		require.True(t, time.Now().Before(deadline), "told of %q", told)
	}
	require.Equal(t, "vv", c.Do("GET", "c"))
}
