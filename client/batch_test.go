package client_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// manyKeys returns n keys and pairs that hold them.
func manyKeys(n int) (keys []string, pairs []client.Pair) {
	for i := range n {
		key := fmt.Sprint("key-", i)
		keys = append(keys, key)
		pairs = append(pairs, client.Pair{Key: key, Value: []byte("value of " + key)})
	}
	return keys, pairs
}

func TestBatches(t *testing.T) {
	for name, opts := range ways {
		t.Run(name, func(t *testing.T) {
			c := clienttest.New(t, 3, 64)
			cl := connect(t, c, opts...)
			keys, pairs := manyKeys(2500)
			put, err := cl.MPut(t.Context(), pairs)
			require.NoError(t, err)
			require.Len(t, put, len(pairs))
			got, err := cl.MGet(t.Context(), append(keys, "absent"))
			require.NoError(t, err)
			for i := range keys {
				require.NotZero(t, put[i].Version)
				require.True(t, got[i].Found)
				require.Equal(t, pairs[i].Value, got[i].Value)
			}
			require.Equal(t, client.GetResult{}, got[len(keys)])

			gone, err := cl.MDel(t.Context(), []string{keys[0], "absent", keys[1], keys[0]})
			require.NoError(t, err)
			require.Equal(t, []client.DelResult{{}, {}, {Existed: true}, {Existed: true}}, gone, "of equal keys the last")

			none, err := cl.MGet(t.Context(), nil)
			require.NoError(t, err)
			require.Empty(t, none)
		})
	}
}

// TestBatchGroupsByOwner: one call for each owner, no matter how many keys.
func TestBatchGroupsByOwner(t *testing.T) {
	c := clienttest.New(t, 3, 64)
	cl := connect(t, c)
	_, pairs := manyKeys(300)
	_, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	total := 0
	for _, w := range c.Workers {
		require.Equal(t, 1, asked(w, wire.MethodMPut))
		for _, key := range w.Requests()[0].Keys {
			require.Equal(t, w, c.Owner(key))
			total++
		}
	}
	require.Equal(t, 300, total)
}

func TestBatchIsCutToFrames(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	pairs := make([]client.Pair, 10)
	for i := range pairs {
		pairs[i] = client.Pair{Key: fmt.Sprint(i), Value: make([]byte, 400<<10)}
	}
	_, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	require.Equal(t, 5, asked(c.Workers[0], wire.MethodMPut), "two values of 400 KiB fit into 1 MiB")
}

// TestBatchRetriesOnlyWhatWasRefused: nothing is written twice.
func TestBatchRetriesOnlyWhatWasRefused(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	w := c.Workers[0]
	w.Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.N < 3 {
			return clienttest.Fault{Err: busy, ErrKey: "key-7"}
		}
		return clienttest.Fault{}
	})
	_, pairs := manyKeys(20)
	_, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	requests := w.Requests()
	require.Len(t, requests, 4)
	require.Len(t, requests[0].Keys, 20)
	for _, r := range requests[1:] {
		require.Equal(t, []string{"key-7"}, r.Keys)
	}
}

// TestBatchFollowsRedirects: items that moved go to their owners with the
// epoch of their redirect, the others are done already.
func TestBatchFollowsRedirects(t *testing.T) {
	c := clienttest.New(t, 3, 64)
	cl := connect(t, c)
	keys, pairs := manyKeys(100)
	for _, key := range []string{"key-3", "key-4", "key-5"} {
		c.Move(key, c.Other(key))
	}
	_, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	for _, w := range c.Workers {
		for _, r := range w.Requests() {
			if r.Epoch == 0 {
				continue
			}
			for _, key := range r.Keys {
				require.Equal(t, w, c.Owner(key))
				require.Equal(t, r.Epoch, uint64(c.View().Partitions[c.PartitionOf(key)].Epoch))
			}
		}
	}
	got, err := cl.MGet(t.Context(), keys)
	require.NoError(t, err)
	for i, g := range got {
		require.Equal(t, pairs[i].Value, g.Value)
	}
}

// TestBatchItemFails: an item's error is its own; the summary counts them.
func TestBatchItemFails(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c)
	c.Owner("key-1").Intercept(func(clienttest.Request) clienttest.Fault {
		return clienttest.Fault{Err: wire.Errorf(wire.CodeOutOfMemory, "full"), ErrKey: "key-1"}
	})
	_, pairs := manyKeys(4)
	pairs = append(pairs, client.Pair{Key: "", Value: nil}, client.Pair{Key: "big", Value: make([]byte, wire.MaxValue+1)})
	got, err := cl.MPut(t.Context(), pairs)
	require.ErrorIs(t, err, client.ErrOutOfMemory)
	require.ErrorContains(t, err, `3 of 6 keys: put "key-1": full`)
	for i, want := range []error{nil, client.ErrOutOfMemory, nil, nil, client.ErrEmptyKey, client.ErrTooLarge} {
		require.ErrorIs(t, got[i].Err, want)
		_, found := c.Value(pairs[i].Key)
		require.Equal(t, want == nil, found)
	}
}

// TestBatchOnABrokenConnection: what was not answered is repeated, writes under
// their names, and other owners' items are not concerned.
func TestBatchOnABrokenConnection(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c)
	keys, pairs := manyKeys(50)
	broken := c.Workers[0]
	broken.Intercept(first(wire.MethodMPut, clienttest.Fault{DropDone: true}))
	_, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	require.Equal(t, 50, c.Writes(), "each took effect once")
	require.Equal(t, 2, asked(broken, wire.MethodMPut))
	require.Equal(t, 1, asked(c.Workers[1], wire.MethodMPut))

	broken.Intercept(first(wire.MethodMGet, clienttest.Fault{DropNow: true}))
	got, err := cl.MGet(t.Context(), keys)
	require.NoError(t, err)
	for i, g := range got {
		require.Equal(t, pairs[i].Value, g.Value)
	}
	require.Equal(t, 2, asked(broken, wire.MethodMGet))
	require.Equal(t, 1, asked(c.Workers[1], wire.MethodMGet))
}

// TestBatchOnASlowOwner: items that were refused elsewhere do not wait for it.
func TestBatchOnASlowOwner(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c)
	slow, other := c.Workers[0], c.Workers[1]
	wait := make(chan struct{})
	slow.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Wait: wait} })
	other.Intercept(first(wire.MethodMPut, clienttest.Fault{Err: busy}))
	_, pairs := manyKeys(50)
	done := make(chan error)
	go func() { _, err := cl.MPut(t.Context(), pairs); done <- err }()
	eventually(t, func() bool { return asked(other, wire.MethodMPut) == 2 })
	close(wait)
	require.NoError(t, <-done)
}

func TestMPutOfEqualKeysStoresTheLast(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	got, err := cl.MPut(t.Context(), []client.Pair{
		{Key: "k", Value: []byte("1")}, {Key: "other"}, {Key: "k", Value: []byte("2")},
	})
	require.NoError(t, err)
	require.Equal(t, got[0], got[2])
	value, _ := c.Value("k")
	require.Equal(t, []byte("2"), value)
}
