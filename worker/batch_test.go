package worker

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/wire"
)

func manyKeys(n int) [][]byte {
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = binary.BigEndian.AppendUint32([]byte("k"), uint32(i))
	}
	return keys
}

func mgetAll(t *testing.T, conn *rpcclient.Conn, keys [][]byte) (results []wire.GetResult, err error) {
	t.Helper()
	err = conn.Call(t.Context(), wire.MethodMGet, func(buf []byte) []byte { return wire.AppendMGet(buf, keys, wire.Options{}) },
		func(d *wire.Decoder) (err error) { results, err = wire.DecodeMGetResult(d, nil); return err })
	return results, err
}

// What does not fit into one frame is asked for again; something always fits.
func TestMGetFitsIntoAFrame(t *testing.T) {
	cfg := Config{MaxMemory: 64 << 20}
	cfg.Server = rpcserver.DefaultConfig()
	cfg.Server.Limits.Value, cfg.Server.Limits.Frame = 1<<20, 2<<20
	_, conn := owner(t, cfg)
	keys := manyKeys(5)
	for _, key := range keys {
		put(t, conn, key, 400<<10)
	}
	asked, rounds := keys, 0
	for ; len(asked) > 0; rounds++ {
		require.Less(t, rounds, 5, "no progress")
		results, err := mgetAll(t, conn, asked)
		require.NoError(t, err)
		var again [][]byte
		for i, r := range results {
			if r.Err != nil {
				require.Equal(t, wire.CodeBusy, r.Err.Code)
				again = append(again, asked[i])
			} else {
				require.Len(t, r.Value, 400<<10)
			}
		}
		asked = again
	}
	require.Equal(t, 3, rounds)

	put(t, conn, keys[0], 1<<20) // alone above half of a frame
	results, err := mgetAll(t, conn, keys[:1])
	require.NoError(t, err)
	require.Len(t, results[0].Value, 1<<20)
}

func TestTooManyKeysAreRefusedBeforeAnyEffect(t *testing.T) {
	w, conn := owner(t, Config{})
	keys := manyKeys(maxKeys + 1)
	_, err := mgetAll(t, conn, keys)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeTooLarge})
	pairs := make([]wire.Pair, len(keys))
	for i := range pairs {
		pairs[i].Key = keys[i]
	}
	err = conn.Call(t.Context(), wire.MethodMPut, func(buf []byte) []byte { return wire.AppendMPut(buf, pairs, wire.Options{}) }, nil)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeTooLarge})
	for _, method := range []string{wire.MethodMDel, wire.MethodDel} {
		err = conn.Call(t.Context(), method, func(buf []byte) []byte {
			if method == wire.MethodDel {
				return wire.AppendDel(buf, keys...)
			}
			return wire.AppendMDel(buf, keys, wire.Options{})
		}, nil)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeTooLarge})
	}
	require.Zero(t, w.memory.Used())
	_, err = mgetAll(t, conn, keys[:maxKeys])
	require.NoError(t, err)
}

func TestEachKeyOfABatchHasItsOwnAnswer(t *testing.T) {
	_, conn := owner(t, Config{})
	pairs := []wire.Pair{{Key: []byte("a"), Value: []byte("1")}, {Key: nil, Value: []byte("2")}, {Key: []byte("b"), Value: make([]byte, 40<<10)}}
	var puts []wire.PutResult
	require.NoError(t, conn.Call(t.Context(), wire.MethodMPut, func(buf []byte) []byte { return wire.AppendMPut(buf, pairs, wire.Options{}) },
		func(d *wire.Decoder) (err error) { puts, err = wire.DecodeMPutResult(d, nil); return err }))
	require.Nil(t, puts[0].Err)
	require.Equal(t, wire.CodeEmptyKey, puts[1].Err.Code)
	require.Positive(t, puts[2].Version)

	results, err := mgetAll(t, conn, [][]byte{[]byte("b"), nil, []byte("none"), []byte("a")})
	require.NoError(t, err)
	require.Len(t, results[0].Value, 40<<10)
	require.Equal(t, wire.CodeEmptyKey, results[1].Err.Code)
	require.False(t, results[2].Found)
	require.Equal(t, "1", string(results[3].Value))
	results, err = mgetAll(t, conn, nil)
	require.NoError(t, err)
	require.Empty(t, results)

	var dels []wire.DelResult
	require.NoError(t, conn.Call(t.Context(), wire.MethodMDel, func(buf []byte) []byte {
		return wire.AppendMDel(buf, [][]byte{[]byte("a"), nil, []byte("none")}, wire.Options{})
	}, func(d *wire.Decoder) (err error) { dels, err = wire.DecodeMDelResult(d, nil); return err }))
	require.True(t, dels[0].Found)
	require.Equal(t, wire.CodeEmptyKey, dels[1].Err.Code)
	require.False(t, dels[2].Found)
}
