package client

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client/retry"
	"pikv/placement"
)

func testView() *placement.View {
	inSync := func(i placement.Incarnation) []placement.Incarnation { return []placement.Incarnation{i} }
	return &placement.View{
		MasterID: 9, Epoch: 4,
		Nodes: []placement.Node{{Incarnation: 1, Addr: "a:1"}, {Incarnation: 2, Addr: "b:1"}, {Incarnation: 3, Addr: "c:1"}},
		Partitions: []placement.Partition{
			{Epoch: 1, Primary: 1, InSync: inSync(1)}, {Epoch: 4, Primary: 2, InSync: inSync(2)},
		},
	}
}

func TestTableRoutes(t *testing.T) {
	tab := newTable(testView(), "m:1")
	require.Equal(t, retry.Hop{Addr: "a:1", Master: 9, Known: 1}, tab.owner(0))
	require.Equal(t, retry.Hop{Addr: "b:1", Master: 9, Known: 4}, tab.owner(1))
	require.Equal(t, retry.Hop{}, tab.owner(2), "no such partition")
	id, epoch := tab.position()
	require.Equal(t, placement.MasterID(9), id)
	require.Equal(t, placement.Epoch(4), epoch)

	require.Equal(t, retry.Hop{}, newTable(nil, "").owner(0), "no view")
}

func TestTableSources(t *testing.T) {
	tab := newTable(testView(), "m:1")
	seeds := []string{"s:1", "b:1", "s:2"}

	addrs, workers := tab.sources("c:1", "a:1", seeds)
	require.Equal(t, []string{"c:1", "b:1", "m:1", "s:1", "s:2", "a:1"}, addrs)
	require.Equal(t, 2, workers)

	addrs, workers = tab.sources("", "", seeds)
	require.ElementsMatch(t, []string{"a:1", "b:1", "c:1"}, addrs[:3])
	require.Equal(t, []string{"m:1", "s:1", "s:2"}, addrs[3:])
	require.Equal(t, 3, workers)

	addrs, workers = newTable(nil, "").sources("", "", seeds)
	require.Equal(t, seeds, addrs)
	require.Zero(t, workers)
}
