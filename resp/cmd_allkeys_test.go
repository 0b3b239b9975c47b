package resp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeys(t *testing.T) {
	talk(t,
		exchange{"KEYS *", "*[]"}, exchange{"SET one 1", "+OK"}, exchange{"KEYS o?e", "*[one]"}, exchange{"KEYS [^o]*", "*[]"}, exchange{"KEYS ''", "*[]"},
		exchange{"KEYS a b", "-ERR wrong number of arguments for 'keys' command"}, exchange{"RANDOMKEY", "one"}, exchange{"DEL one", ":1"}, exchange{"RANDOMKEY", "nil"},
	)
}

func TestKeysAreNotMoreThanAReplyHolds(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	for i := range maxListed/60_000 + 1 {
		require.Equal(t, "+OK", c.Do("SET", fmt.Sprintf("{t}%05d%s", i, strings.Repeat("k", 60_000)), "v"))
	}
	require.Equal(t, "-ERR more than 8 MiB of keys fit the pattern: use SCAN", c.Do("KEYS", "*"))
	require.Len(t, c.Do("KEYS", "{t}0000[0-4]*"), 5*60_008+4+len("*[]"))
}

// Every key comes up.
func TestRandomkey(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	left := make(map[string]bool)
	for i := range 20 {
		key := fmt.Sprintf("k%d", i)
		left[key] = true
		c.Do("SET", key, "v")
	}
	for i := 0; len(left) > 0; i++ {
		require.Less(t, i, 100_000, "%v", left)
		delete(left, c.Do("RANDOMKEY"))
	}
}
