package client_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/placement"
)

func TestLocate(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	c.Move("k", c.Other("k"))
	loc, err := cl.Locate(t.Context(), "k")
	require.NoError(t, err)
	owner := c.Owner("k")
	require.Equal(t, client.Location{
		Slot: placement.Slot([]byte("k")), Partition: c.PartitionOf("k"), Epoch: 2,
		Node: owner.Name, Addr: owner.Addr, RESP: owner.RESP,
	}, loc)
}

func TestViewIsFresh(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	for range 5 {
		c.Move("k", c.Other("k"))
		v, err := cl.View(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.View(), v)
	}
}

// TestStatusWithoutMaster: any node answers when the master is away.
func TestStatusWithoutMaster(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	cl := connect(t, c)
	s, err := cl.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "m1", s.Node)
	c.Master.Kill()
	s, err = cl.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "worker", s.Role)
	require.Equal(t, 16, s.Partitions)
	members, err := cl.Members(t.Context())
	require.NoError(t, err)
	require.Len(t, members, 3)
}

func TestDrain(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	cl := connect(t, c)
	for _, want := range []int{4, 2, 0, 0} {
		left, err := cl.Drain(t.Context(), "w2")
		require.NoError(t, err)
		require.Equal(t, want, left)
	}
	_, err := cl.Drain(t.Context(), "w9")
	require.ErrorIs(t, err, client.ErrUnknownNode)
	require.EqualError(t, err, "drain w9: no worker is called w9 (unknown_node)")
}
