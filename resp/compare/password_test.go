package compare

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// TestRepliesBeforeThePassword are those of redis-server, too.
func TestRepliesBeforeThePassword(t *testing.T) {
	t.Parallel()
	const password = "open sesame"
	text, err := os.ReadFile("testdata/password.txt")
	require.NoError(t, err)
	s, err := parse(string(text))
	require.NoError(t, err)
	redis := &server{addr: startRedis(t, "--requirepass", password)}
	c := testcluster.Start(t, testcluster.Options{Workers: 1, Replicas: 1, Redis: true, RedisUsers: testcluster.RedisUsers{"default": password}})
	pikv := &server{addr: c.Node("w1").RESP}
	defer redis.close()
	defer pikv.close()
	for _, st := range s[0].steps {
		require.NoError(t, redis.dial(2))
		require.NoError(t, pikv.dial(2))
		if d := st.compare(redis, pikv, 2); d != nil {
			t.Error(d)
		}
	}
}
