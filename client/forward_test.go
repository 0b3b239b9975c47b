package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// TestForwardKeepsTheName: through a proxy a client's retries stay the same
// write, whichever of the proxy's clients carries them.
func TestForwardKeepsTheName(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	one, other := connect(t, c), connect(t, c)
	came := wire.Options{Client: 77, Seq: 5, Finished: 4, Attempt: 1, Epoch: 9, If: wire.IfAbsent, TTL: time.Hour}
	version, err := one.Put(t.Context(), "k", []byte("v"), client.Forward(came))
	require.NoError(t, err)
	came.Attempt = 2
	again, err := other.Put(t.Context(), "k", []byte("v"), client.Forward(came))
	require.NoError(t, err)
	require.Equal(t, version, again)
	require.Equal(t, 1, c.Writes())
	requests := c.Owner("k").Requests()
	require.Len(t, requests, 2)
	for i, r := range requests {
		require.EqualValues(t, 77, r.Client)
		require.Equal(t, []uint64{5}, r.Seqs)
		require.EqualValues(t, 4, r.Finished, "what the proxy's own writes are is no matter")
		require.EqualValues(t, i+1, max(1, r.Attempt))
		require.Zero(t, r.Epoch, "that is between the proxy and the owner")
	}
	require.EqualValues(t, 1, one.FirstUnfinished(), "the proxy names nothing itself")
}

// TestForwardBatches: each item has its own number, wherever it goes.
func TestForwardBatches(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	cl := connect(t, c)
	keys, pairs := manyKeys(30)
	came := wire.Options{Client: 77, Finished: 100, Attempt: 1}
	seqs := make(map[string]uint64)
	for i, key := range keys {
		seqs[key] = uint64(100 + i)
		came.Seqs = append(came.Seqs, seqs[key])
	}
	for range 2 {
		_, err := cl.MPut(t.Context(), pairs, client.Forward(came))
		require.NoError(t, err)
		came.Attempt++
	}
	require.Equal(t, 30, c.Writes())
	for _, w := range c.Workers {
		for _, r := range w.Requests() {
			for i, key := range r.Keys {
				require.Equal(t, seqs[key], r.Seqs[i])
			}
		}
	}
	for i := range came.Seqs {
		came.Seqs[i] += 100
	}
	for range 2 {
		gone, err := cl.MDel(t.Context(), keys, client.Forward(came))
		require.NoError(t, err)
		for _, g := range gone {
			require.True(t, g.Existed, "also when it is told again")
		}
	}
}

// TestBrokenWriteThroughTheProxy is repeated under its name like any other.
func TestBrokenWriteThroughTheProxy(t *testing.T) {
	for when, fault := range lost {
		t.Run(when, func(t *testing.T) {
			c := clienttest.New(t, 2, 8)
			cl := connect(t, c, client.WithProxy())
			c.Master.Intercept(first(wire.MethodIncr, fault))
			sum, err := cl.Incr(t.Context(), "k", 1)
			require.NoError(t, err)
			require.EqualValues(t, 1, sum)
			require.Equal(t, 2, asked(c.Master, wire.MethodIncr))
		})
	}
}
