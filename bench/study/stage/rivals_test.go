package stage

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
	"pikv/testcluster/need"
)

// TestRivalsServeEveryKey, each from one of the servers.
func TestRivalsServeEveryKey(t *testing.T) {
	need.Peers(t, "redis-server", "redis-cli", "memcached")
	m := &machine{hosts: Hosts{Dilation: 1}}
	for range 5 {
		m.hosts.All = append(m.hosts.All, Host{IP: "127.0.0.1"})
	}
	for _, store := range []string{study.Redis, study.Memcached} {
		for _, n := range []int{2, 4} {
			t.Run(fmt.Sprint(store, n), func(t *testing.T) {
				c, err := m.Start(t.Context(), Wanted{Store: store, Workers: n})
				require.NoError(t, err)
				defer func() { require.NoError(t, c.Close()) }()
				clients, err := c.Connect(t.Context(), 2, study.Direct)
				require.NoError(t, err)
				_, err = c.Connect(t.Context(), 1, study.Proxied)
				require.ErrorIs(t, err, ErrNotHere)
				names, owner, err := c.Owners(t.Context())
				require.NoError(t, err)
				require.Len(t, names, n)
				each := make([]int, n)
				big := make([]byte, study.Megabyte)
				for i := range 200 {
					key := fmt.Sprintf("key-%d", i)
					each[owner(key)]++
					value := big[:1+i]
					if i == 0 {
						value = big
					}
					_, err := clients.Stores[0].Put(t.Context(), key, value)
					require.NoError(t, err)
					got, err := clients.Stores[1].Get(t.Context(), key)
					require.NoError(t, err)
					require.Equal(t, value, got)
				}
				for _, keys := range each {
					require.Greater(t, keys, 200/n/3)
				}
				require.Empty(t, c.Lost(t.Context()))
				_, err = c.CPU(t.Context())
				require.NoError(t, err)
				require.NoError(t, clients.Close())
			})
		}
	}
}
