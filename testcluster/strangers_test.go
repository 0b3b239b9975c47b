package testcluster_test

import (
	"context"
	"crypto/rand"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/rpcclient"
	"pikv/testcluster"
	"pikv/wire"
)

// incarnations returns those of the workers, by name.
func incarnations(t *testing.T, cl *client.Client) map[string]uint64 {
	t.Helper()
	view, err := cl.View(t.Context())
	require.NoError(t, err)
	all := make(map[string]uint64)
	for _, n := range view.Nodes {
		all[n.Name] = uint64(n.Incarnation)
	}
	return all
}

// What arrives as replication from nodes that are not in the view, or for a
// worker of another run, or that no worker would send, changes nothing and harms
// nobody.
func TestReplicationFromStrangers(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	inc := incarnations(t, cl)
	noise := make([]byte, 4000)
	_, _ = rand.Read(noise)
	for range 20 {
		for _, frame := range []wire.PeerFrame{
			{From: 4711, To: inc["w1"], Batch: noise},
			{From: 4711, To: inc["w1"]},
			{From: inc["w2"], To: inc["w1"] + 2, Batch: noise},
			{From: inc["w2"], To: 0, Batch: []byte{0}},
			{From: inc["w1"], To: inc["w1"], Batch: noise},
			{From: inc["w2"], To: inc["w1"], Batch: noise},
			{From: inc["w2"], To: inc["w1"], Batch: []byte{0xff}},
			{From: inc["w2"], To: inc["w1"], Batch: []byte{1}},
		} {
			bytes := wire.AppendPeer(nil, frame)
			for _, sent := range [][]byte{bytes, bytes[:len(bytes)-1], bytes[:len(bytes)/2], append(bytes, bytes...)} {
				conn, err := net.Dial("tcp", c.Node("w1").RPC)
				require.NoError(t, err)
				_, _ = conn.Write(sent) // the worker may close it in the middle
				conn.Close()
			}
		}
	}
	c.WaitSettled()
	require.Equal(t, inc, incarnations(t, cl), "the same processes")
	whole(t, finish)
	checkAll(t, cl)
}

// Two clusters of one name that meet, because a worker is told to join both,
// both keep what they have.
func TestTwoClustersOfOneNameMeet(t *testing.T) {
	a := testcluster.Start(t, testcluster.Options{Workers: 2})
	b := testcluster.Start(t, testcluster.Options{Workers: 2, Prefix: "other-"})
	inA, inB := a.Client(), b.Client()
	putAll(t, inA)
	_, err := inB.Put(t.Context(), key(0), []byte("another"))
	require.NoError(t, err)
	viewB, err := inB.View(t.Context())
	require.NoError(t, err)
	finishA, finishB := record(t, a), record(t, b)
	a.Meet(b)
	mastersOf := map[*testcluster.Cluster]string{a: a.Node("master").RPC, b: b.Node("other-master").RPC}
	pool := rpcclient.NewPool(rpcclient.Config{})
	defer pool.Close()
	for range 5 {
		// A client goes where it is told that the master is.
		for c, master := range mastersOf {
			for _, n := range c.Nodes() {
				conn, err := pool.Get(t.Context(), n.RPC)
				require.NoError(t, err)
				var reply wire.ViewReply
				c.Eventually("view of "+n.Name, func(ctx context.Context) error {
					return conn.CallBody(ctx, wire.MethodView, &wire.ViewRequest{}, &reply)
				})
				if reply.MasterAddr != "" { // it has its view from another worker, and looks for the master
					require.Equal(t, master, reply.MasterAddr, "as %s tells", n.Name)
				}
			}
		}
		checkAll(t, inA)
		got, err := inB.Get(t.Context(), key(0))
		require.NoError(t, err)
		require.Equal(t, "another", string(got))
	}
	whole(t, finishA)
	whole(t, finishB)
	checkAll(t, a.Client())
	view, err := b.Client().View(t.Context())
	require.NoError(t, err)
	require.Equal(t, viewB.MasterID, view.MasterID)
}
