package compare

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// TestRepliesOfTheProxyAreThoseOfRedis, but for commands that change several keys at once,
// which it refuses, keys of different slots, which it takes, and what only nodes know.
func TestRepliesOfTheProxyAreThoseOfRedis(t *testing.T) {
	t.Parallel()
	s := readScript(t)
	redis := startRedis(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Replicas: 1, Redis: true, RedisProxy: true, MaxMemory: 1 << 30})
	for _, proto := range []int{2, 3} {
		steps, found, err := run(s, &server{addr: redis}, &server{addr: c.Node("master").RESP}, proto)
		require.NoError(t, err)
		for _, d := range found {
			if !ofTheProxy(d) {
				t.Error(d)
			}
		}
		require.Less(t, len(found), steps/10, "most commands are compared")
	}
}

// ofTheProxy reports whether docs/REDIS.md tells of the difference, where it tells of the
// proxy.
func ofTheProxy(d difference) bool {
	return strings.HasPrefix(d.redis, "-CROSSSLOT") || strings.HasPrefix(d.pikv, "-ERR the proxy changes one key at a time") ||
		d.group == "RENAME, RENAMENX, COPY" || // what they have not done shows in the commands that follow
		slices.Contains([]string{"EXISTS a", "MGET {t}y {t}z", "CLUSTER SLOTS", "CLUSTER SHARDS", "DBSIZE"}, d.step.String())
}
