package peers

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/proc"
	"pikv/testcluster/need"
)

func TestAServerThatIsNotThere(t *testing.T) {
	_, err := StartEcho(t.Context(), "no-such-program")
	require.ErrorIs(t, err, ErrNotInstalled)
	_, err = StartEcho(t.Context(), "false")
	require.ErrorContains(t, err, "it ended at once")
}

// TestRealServers, as far as this machine has them.
func TestRealServers(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("there is no /proc")
	}
	for name, start := range map[string]func(t *testing.T) (*Server, Conn){
		"redis-server": func(t *testing.T) (*Server, Conn) {
			s, err := StartRedis(t.Context())
			require.NoError(t, err)
			c, err := DialRedis(t.Context(), s.Addr)
			require.NoError(t, err)
			return s, c
		},
		"memcached": func(t *testing.T) (*Server, Conn) {
			s, err := StartMemcached(t.Context(), 64)
			require.NoError(t, err)
			c, err := DialMemcached(t.Context(), s.Addr)
			require.NoError(t, err)
			return s, c
		},
	} {
		t.Run(name, func(t *testing.T) {
			need.Peers(t, name)
			s, c := start(t)
			defer s.Close()
			defer c.Close()
			_, err := c.Get(t.Context(), "k")
			require.ErrorIs(t, err, errMissing)
			value := make([]byte, 100_000)
			require.NoError(t, c.Put(t.Context(), "k", value))
			got, err := c.Get(t.Context(), "k")
			require.NoError(t, err)
			require.Equal(t, value, got)
			bytes, err := proc.Resident(s.PID())
			require.NoError(t, err)
			require.Greater(t, bytes, int64(100_000))
		})
	}
}
