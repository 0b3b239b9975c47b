package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/wire"
)

// get reads a key in the way that o says; it returns the size of the answer's value.
func get(t *testing.T, conn *rpcclient.Conn, key []byte, o wire.Options) (size int, err error) {
	t.Helper()
	err = conn.Call(t.Context(), wire.MethodGet, func(buf []byte) []byte { return wire.AppendGet(buf, key, o) },
		func(d *wire.Decoder) (err error) {
			var value []byte
			switch {
			case o.WithLeft:
				value, _, _, _, err = wire.DecodeLeftResult(d)
			case o.WithVersion:
				value, _, _, err = wire.DecodeVersionedResult(d)
			default:
				value, _, err = wire.DecodeGetResult(d)
			}
			size = len(value)
			return err
		})
	return size, err
}

// A connection that says AtMost gets no read that is larger, whichever way the
// read takes through the worker; a write that answers with an old value does.
func TestAReadIsNoLargerThanTheConnectionWants(t *testing.T) {
	w, other := owner(t, Config{MaxMemory: 64 << 20})
	conn := dial(t, w.addr)
	require.NoError(t, conn.Notify(t.Context(), wire.MethodAtMost, func(buf []byte) []byte {
		return wire.AppendAtMost(buf, wire.SmallValue)
	}))
	keys := manyKeys(6)
	sizes := []int{10, wire.SmallValue, wire.SmallValue + 1, 1 << 20, wire.SmallValue - 20, 10}
	for i, key := range keys {
		put(t, other, key, sizes[i])
	}
	large := &wire.Error{Code: wire.CodeLarge}
	for i, key := range keys {
		for _, o := range []wire.Options{{}, {WithVersion: true}, {WithLeft: true}} {
			got, err := get(t, other, key, o)
			require.NoError(t, err)
			require.Equal(t, sizes[i], got)
			if got, err = get(t, conn, key, o); sizes[i] > wire.SmallValue {
				require.ErrorIs(t, err, large)
			} else {
				require.NoError(t, err)
				require.Equal(t, sizes[i], got)
			}
		}
	}

	results, err := mgetAll(t, conn, keys)
	require.NoError(t, err)
	for i, tells := range []bool{0: true, 4: true, 5: true} { // together 64 KiB
		if tells {
			require.Nil(t, results[i].Err)
			require.Len(t, results[i].Value, sizes[i])
		} else {
			require.ErrorIs(t, results[i].Err, large)
		}
	}

	var old []byte
	require.NoError(t, conn.Call(t.Context(), wire.MethodGetSet, func(buf []byte) []byte {
		return wire.AppendGetSet(buf, keys[3], []byte("new"), wire.Options{})
	}, func(d *wire.Decoder) (err error) {
		old, _, err = wire.DecodeGetResult(d)
		return err
	}))
	require.Len(t, old, 1<<20)
	eventually(t, "the budget is whole again", func() bool { return w.cfg.Server.Budget.Used() == 0 })
}
