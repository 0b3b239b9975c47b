package compare

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheTableOfCommandsIsThatOfRedis: of every command, and every form of one, that pikv
// has, clients learn the same: arity, flags, categories, tips, where the keys are and what
// becomes of them.
func TestTheTableOfCommandsIsThatOfRedis(t *testing.T) {
	t.Parallel()
	newer := []string{"client|setinfo", "client|no-touch"} // docs/REDIS.md: they came with Redis 7.2
	redis, pikv := &server{addr: startRedis(t)}, &server{addr: pikvAt(t)}
	defer redis.close()
	defer pikv.close()
	for _, proto := range []int{2, 3} {
		require.NoError(t, redis.dial(proto))
		require.NoError(t, pikv.dial(proto))
		names, err := pikv.call("COMMAND", "LIST")
		require.NoError(t, err)
		require.Greater(t, len(names.elem), 100)
		for _, name := range names.elem {
			theirs, err := redis.call("COMMAND", "INFO", name.text)
			require.NoError(t, err)
			ours, err := pikv.call("COMMAND", "INFO", name.text)
			require.NoError(t, err)
			what := fmt.Sprintf("RESP%d: %s", proto, name.text)
			if slices.Contains(newer, name.text) {
				require.Empty(t, theirs.elem[0].elem, what)
				continue
			}
			require.Len(t, theirs.elem[0].elem, 10, what)
			require.Equal(t, tableOf(theirs), tableOf(ours), what)
		}
	}
}
