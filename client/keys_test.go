package client_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// list collects a scan.
func list(t *testing.T, cl *client.Client, prefix string) []string {
	t.Helper()
	var keys []string
	for key, err := range cl.Keys(t.Context(), prefix) {
		require.NoError(t, err)
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// fill stores n keys and returns them sorted.
func fill(t *testing.T, cl *client.Client, n int) []string {
	t.Helper()
	keys, pairs := manyKeys(n)
	_, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	slices.Sort(keys)
	return keys
}

func TestKeys(t *testing.T) {
	for name, opts := range ways {
		t.Run(name, func(t *testing.T) {
			c := clienttest.New(t, 3, 4) // few partitions: several pages each
			cl := connect(t, c, opts...)
			require.Empty(t, list(t, cl, ""))
			keys := fill(t, cl, 9000)
			require.Equal(t, keys, list(t, cl, ""))
			require.Len(t, list(t, cl, "key-12"), 111)
			require.Empty(t, list(t, cl, "other"))
		})
	}
}

// TestKeysSurvivesMoves: a partition that moves between two pages, or whose
// owner drops the connection, loses and repeats no key.
func TestKeysSurvivesMoves(t *testing.T) {
	c := clienttest.New(t, 3, 4)
	cl := connect(t, c)
	keys := fill(t, cl, 9000)
	for _, w := range c.Workers {
		w.Intercept(func(r clienttest.Request) clienttest.Fault {
			return clienttest.Fault{DropNow: r.Method == wire.MethodKeys && r.N%5 == 4}
		})
	}
	var got []string
	for key, err := range cl.Keys(t.Context(), "") {
		require.NoError(t, err)
		if len(got)%500 == 0 {
			c.Move(key, c.Other(key))
		}
		got = append(got, key)
	}
	slices.Sort(got)
	require.Equal(t, keys, got)
}

func TestKeysStopsWhenAsked(t *testing.T) {
	c := clienttest.New(t, 2, 64)
	cl := connect(t, c)
	fill(t, cl, 1000)
	n := 0
	for _, err := range cl.Keys(t.Context(), "") {
		require.NoError(t, err)
		if n++; n == 10 {
			break
		}
	}
	require.Equal(t, 10, n)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range cl.Keys(ctx, "") {
		cancel()
		last = err
	}
	require.ErrorIs(t, last, context.Canceled, "a scan that was cut short says so")
}

func TestKeysFails(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	cl := connect(t, c)
	fill(t, cl, 100)
	cl.SetTimeout(100 * time.Millisecond)
	c.Workers[1].Kill()
	var last error
	for _, err := range cl.Keys(t.Context(), "") {
		require.NoError(t, last, "the error is the last thing")
		last = err
	}
	require.ErrorIs(t, last, client.ErrUnavailable)
}

func TestKeysPage(t *testing.T) {
	c := clienttest.New(t, 1, 1)
	cl := connect(t, c)
	fill(t, cl, 25)
	var got int
	req := wire.KeysRequest{Limit: 10}
	for pages := 1; ; pages++ {
		reply, err := cl.KeysPage(t.Context(), req)
		require.NoError(t, err)
		got += len(reply.Keys)
		if reply.Next == 0 {
			require.Equal(t, 3, pages)
			break
		}
		req.Cursor = reply.Next
	}
	require.Equal(t, 25, got)

	_, err := cl.KeysPage(t.Context(), wire.KeysRequest{Partition: 1, Limit: 10})
	require.ErrorContains(t, err, fmt.Sprint("partition 1: the cluster has ", 1))
}
