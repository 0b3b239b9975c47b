package stage

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
	"pikv/testcluster"
)

// TestARunningCluster is measured as it is, and has no key more afterwards.
func TestARunningCluster(t *testing.T) {
	c := testcluster.Start(t, testcluster.Options{Workers: 3, Replicas: 2})
	own := c.Client()
	require.Eventually(t, func() bool { // else it is refused
		s, err := own.Status(t.Context())
		return err == nil && s.Synced == s.Partitions
	}, c.Patience(), 50e6)
	_, err := own.Put(t.Context(), "theirs", []byte("stays"))
	require.NoError(t, err)

	s, err := FindCluster(t.Context(), c.Seeds(), "")
	require.NoError(t, err)
	defer s.Close()
	require.Equal(t, study.Limits{Most: 3, Exactly: true, Replicas: 2}, s.Limits())
	require.NoError(t, s.Open(t.Context()))
	require.Equal(t, 4, s.Target().Nodes)
	require.NotEmpty(t, s.Target().Hosts)
	_, err = s.Start(t.Context(), Wanted{Store: study.Redis, Workers: 3})
	require.ErrorIs(t, err, ErrNotHere)
	cluster, err := s.Start(t.Context(), Wanted{Store: study.Pikv, Workers: 3, Replicas: 2})
	require.NoError(t, err)

	names, owner, err := cluster.Owners(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"w1", "w2", "w3"}, names)
	clients, err := cluster.Connect(t.Context(), 2, study.Proxied)
	require.NoError(t, err)
	stores, err := Choose(clients.Stores, 12, len(names), owner)
	require.NoError(t, err)
	for i, key := range []string{"x:00000000", "x:00000001", "x:00000011"} {
		_, err = stores[i%2].Put(t.Context(), key, []byte("v"))
		require.NoError(t, err)
		got, err := stores[1].Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "v", string(got))
	}
	require.NoError(t, clients.Close())
	_, err = cluster.CPU(t.Context())
	require.NoError(t, err)
	require.Empty(t, cluster.Lost(t.Context()))

	c.Kill("w3")
	require.Eventually(t, func() bool { return cluster.Lost(t.Context()) == "w3" }, c.Patience(), 50e6)
	require.NoError(t, cluster.Close())
	var left []string
	for key, err := range own.Keys(t.Context(), "") {
		require.NoError(t, err)
		left = append(left, key)
	}
	require.Equal(t, []string{"theirs"}, left)
	s.(Finisher).Finish(t.Context())
	require.Empty(t, s.Target().Throttled)
}
