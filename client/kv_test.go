package client_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

// ways are the ways into a cluster; what a client promises holds on each.
var ways = map[string][]client.Option{
	"direct":  nil,
	"proxied": {client.WithProxy()},
}

func TestPutGetDel(t *testing.T) {
	for name, opts := range ways {
		t.Run(name, func(t *testing.T) {
			c := clienttest.New(t, 3, 16)
			cl := connect(t, c, opts...)
			ctx := t.Context()
			values := map[string][]byte{
				"small": []byte("v"), "empty": {}, "binary": {0, 255, 10}, "{tag}k": []byte("t"),
				"large": bytes.Repeat([]byte("x"), 300<<10), strings.Repeat("k", wire.MaxKey): []byte("longest key"),
			}
			var last uint64
			for k, v := range values {
				version, err := cl.Put(ctx, k, v)
				require.NoError(t, err)
				require.Greater(t, version, last)
				last = version
			}
			for k, want := range values {
				got, err := cl.Get(ctx, k)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			var buf client.Buffer
			for range 3 {
				for k, want := range values {
					got, err := cl.GetInto(ctx, k, &buf)
					require.NoError(t, err)
					require.Equal(t, want, got, "in a buffer that is used again")
				}
			}
			_, err := cl.GetInto(ctx, "absent", &buf)
			require.ErrorIs(t, err, client.ErrNotFound)
			_, err = cl.Get(ctx, "absent")
			require.ErrorIs(t, err, client.ErrNotFound)
			require.EqualError(t, err, `get "absent": key not found`)

			n, err := cl.Del(ctx, "small", "absent", "empty", "small")
			require.NoError(t, err)
			require.Equal(t, 2, n, "a key counts once")
			_, err = cl.Get(ctx, "small")
			require.ErrorIs(t, err, client.ErrNotFound)
			n, err = cl.Del(ctx)
			require.NoError(t, err)
			require.Zero(t, n)
		})
	}
}

func TestLimitsAreCheckedBeforeSending(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	long := strings.Repeat("k", wire.MaxKey+1)
	ctx := t.Context()
	for _, key := range []string{"", long} {
		target := client.ErrTooLarge
		if key == "" {
			target = client.ErrEmptyKey
		}
		_, err := cl.Get(ctx, key)
		require.ErrorIs(t, err, target)
		_, err = cl.Put(ctx, key, nil)
		require.ErrorIs(t, err, target)
		_, err = cl.Del(ctx, key)
		require.ErrorIs(t, err, target)
		_, err = cl.Locate(ctx, key)
		require.ErrorIs(t, err, target)
		require.Less(t, len(err.Error()), 200, "a long key is not printed whole")
	}
	_, err := cl.Put(ctx, "k", make([]byte, wire.MaxValue+1))
	require.ErrorIs(t, err, client.ErrTooLarge)
	_, err = cl.Put(ctx, "k", nil, client.TTL(-time.Second))
	require.ErrorContains(t, err, "negative")
	require.Empty(t, c.Workers[0].Requests())
}
