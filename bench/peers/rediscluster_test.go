package peers

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/need"
)

func TestARedisClusterServesEverySlot(t *testing.T) {
	need.Peers(t, "redis-server", "redis-cli")
	all, err := StartRedisCluster(t.Context(), 3)
	require.NoError(t, err)
	moved := 0
	for _, s := range all {
		defer s.Close()
		c, err := DialRedis(t.Context(), s.Addr)
		require.NoError(t, err)
		defer c.Close()
		if _, err := c.Get(t.Context(), "k"); err != nil && !errors.Is(err, errMissing) {
			require.ErrorContains(t, err, "MOVED")
			moved++
		}
	}
	require.Equal(t, 2, moved, "one of them has it, the others know that")
}
