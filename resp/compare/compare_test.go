package compare

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

var pikvAddr = flag.String("pikv", "", "compare with the server at that `host:port` instead of a worker of the test's own")

// pikvAt returns the address of a worker that owns all keys.
func pikvAt(t *testing.T) string {
	t.Helper()
	if *pikvAddr != "" {
		return *pikvAddr
	}
	c := testcluster.Start(t, testcluster.Options{Workers: 1, Replicas: 1, Redis: true, MaxMemory: 1 << 30})
	return c.Node("w1").RESP
}

// TestRepliesAreThoseOfRedis: every reply to every command of the script is that
// of redis-server 7.0, in RESP2 and in RESP3, or the one that the script says,
// with a reason that docs/REDIS.md tells.
func TestRepliesAreThoseOfRedis(t *testing.T) {
	t.Parallel()
	s := readScript(t)
	redis, pikv := startRedis(t), pikvAt(t)
	for _, proto := range []int{2, 3} {
		t.Run(map[int]string{2: "RESP2", 3: "RESP3"}[proto], func(t *testing.T) {
			steps, found, err := run(s, &server{addr: redis}, &server{addr: pikv}, proto)
			require.NoError(t, err)
			for _, d := range found {
				t.Error(d)
			}
			t.Logf("%d of %d replies are not as they should be", len(found), steps)
		})
	}
}

// TestRedisIsEqualToItself: what the comparison reports is not of its own making.
func TestRedisIsEqualToItself(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short: nothing of pikv runs in it")
	}
	s := readScript(t)
	one, other := startRedis(t), startRedis(t)
	for _, proto := range []int{2, 3} {
		steps, found, err := run(s, &server{addr: one}, &server{addr: other}, proto)
		require.NoError(t, err)
		require.Greater(t, steps, 400)
		differ := 0
		for _, g := range s {
			for _, st := range g.steps {
				if st.differs != "" {
					differ++
				}
			}
		}
		for _, d := range found {
			if d.step.differs == "" {
				t.Error(d)
			}
		}
		require.Equal(t, differ, len(found), "each documented difference must be noticed")
	}
}
