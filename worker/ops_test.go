package worker

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/wire"
)

// ask makes a call and reads its result as read says.
func ask[R any](t *testing.T, conn *rpcclient.Conn, method string, params []byte, read func(d *wire.Decoder) R) (R, error) {
	t.Helper()
	var result R
	err := conn.Call(t.Context(), method, func(buf []byte) []byte { return append(buf, params...) },
		func(d *wire.Decoder) error { result = read(d); return d.Err() })
	return result, err
}

func readUint(d *wire.Decoder) uint64 { return d.Uint() }

// readText reads a value, "nil" for none.
func readText(d *wire.Decoder) string {
	value, found, _ := wire.DecodeGetResult(d)
	if !found {
		return "nil"
	}
	return string(value)
}

func putWith(t *testing.T, conn *rpcclient.Conn, key, value string, o wire.Options) (version uint64, err error) {
	t.Helper()
	return ask(t, conn, wire.MethodPut, wire.AppendPut(nil, []byte(key), []byte(value), o), readUint)
}

func TestConditionsAndVersions(t *testing.T) {
	_, conn := owner(t, Config{})
	failed := &wire.Error{Code: wire.CodeCondition}
	_, err := putWith(t, conn, "k", "v", wire.Options{If: wire.IfPresent})
	require.ErrorIs(t, err, failed)
	first, err := putWith(t, conn, "k", "v", wire.Options{If: wire.IfAbsent})
	require.NoError(t, err)
	_, err = putWith(t, conn, "k", "v", wire.Options{If: wire.IfAbsent})
	require.ErrorIs(t, err, failed)
	second, err := putWith(t, conn, "k", "w", wire.Options{If: wire.IfVersion, Version: first})
	require.NoError(t, err)
	require.Greater(t, second, first)
	_, err = putWith(t, conn, "k", "x", wire.Options{If: wire.IfVersion, Version: first})
	require.ErrorIs(t, err, failed)

	type versioned struct {
		value   string
		version uint64
		found   bool
	}
	get := func(key string) versioned {
		v, err := ask(t, conn, wire.MethodGet, wire.AppendGet(nil, []byte(key), wire.Options{WithVersion: true}), func(d *wire.Decoder) versioned {
			value, version, found, _ := wire.DecodeVersionedResult(d)
			return versioned{string(value), version, found}
		})
		require.NoError(t, err)
		return v
	}
	require.Equal(t, versioned{"w", second, true}, get("k"))
	require.Equal(t, versioned{}, get("none"))
}

// TestGetTellsWhatIsLeft of a time to live, also of a value that is sent from
// where it lies.
func TestGetTellsWhatIsLeft(t *testing.T) {
	_, conn := owner(t, Config{})
	get := func(key string) (size int, version uint64, left time.Duration) {
		_, err := ask(t, conn, wire.MethodGet, wire.AppendGet(nil, []byte(key), wire.Options{WithLeft: true}), func(d *wire.Decoder) bool {
			value, v, l, found, _ := wire.DecodeLeftResult(d)
			size, version, left = len(value), v, l
			return found
		})
		require.NoError(t, err)
		return size, version, left
	}
	for _, size := range []int{1, lendFrom} {
		value := strings.Repeat("x", size)
		put, err := putWith(t, conn, "k", value, wire.Options{})
		require.NoError(t, err)
		n, version, left := get("k")
		require.Equal(t, size, n)
		require.Equal(t, put, version)
		require.Zero(t, left, "for ever")
		_, err = putWith(t, conn, "k", value, wire.Options{TTL: time.Hour})
		require.NoError(t, err)
		_, _, left = get("k")
		require.Greater(t, left, 59*time.Minute)
		require.LessOrEqual(t, left, time.Hour)
	}
	_, version, left := get("none")
	require.Zero(t, version)
	require.Zero(t, left)
}

func TestIncrAndGetSet(t *testing.T) {
	_, conn := owner(t, Config{})
	incr := func(key string, delta int64, o wire.Options) (int64, error) {
		return ask(t, conn, wire.MethodIncr, wire.AppendIncr(nil, []byte(key), delta, o), func(d *wire.Decoder) int64 { return d.Int() })
	}
	for _, c := range []struct{ delta, want int64 }{{5, 5}, {-8, -3}, {0, -3}, {1<<63 - 1, 1<<63 - 4}} {
		sum, err := incr("n", c.delta, wire.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, sum)
	}
	notInteger := &wire.Error{Code: wire.CodeNotInteger}
	_, err := incr("n", 1<<62, wire.Options{})
	require.ErrorIs(t, err, notInteger, "out of range")
	_, err = putWith(t, conn, "text", "five", wire.Options{})
	require.NoError(t, err)
	_, err = incr("text", 1, wire.Options{})
	require.ErrorIs(t, err, notInteger)
	_, err = incr("n", 1, wire.Options{If: wire.IfPresent})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest}, "not silently ignored")
	_, err = incr("", 1, wire.Options{})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeEmptyKey})

	swap := func(value string) string {
		old, err := ask(t, conn, wire.MethodGetSet, wire.AppendGetSet(nil, []byte("s"), []byte(value), wire.Options{}), readText)
		require.NoError(t, err)
		return old
	}
	require.Equal(t, "nil", swap("a"))
	require.Equal(t, "a", swap("b"))
	require.Equal(t, "b", swap("c"))
}

// Each item of a batch has its own condition.
func TestConditionsInABatch(t *testing.T) {
	_, conn := owner(t, Config{})
	version, err := putWith(t, conn, "a", "1", wire.Options{})
	require.NoError(t, err)
	pairs := []wire.Pair{{Key: []byte("a"), Value: []byte("2")}, {Key: []byte("b"), Value: []byte("2")}}
	mput := func(o wire.Options) []wire.PutResult {
		results, err := ask(t, conn, wire.MethodMPut, wire.AppendMPut(nil, pairs, o), func(d *wire.Decoder) []wire.PutResult {
			r, _ := wire.DecodeMPutResult(d, nil)
			return r
		})
		require.NoError(t, err)
		return results
	}
	r := mput(wire.Options{If: wire.IfAbsent})
	require.Equal(t, wire.CodeCondition, r[0].Err.Code)
	require.Nil(t, r[1].Err)
	r = mput(wire.Options{If: wire.IfVersion, Version: version})
	require.Nil(t, r[0].Err)
	r = mput(wire.Options{If: wire.IfPresent})
	require.Nil(t, r[0].Err)
	require.Nil(t, r[1].Err)

	dels, err := ask(t, conn, wire.MethodMDel, wire.AppendMDel(nil, [][]byte{[]byte("a"), []byte("none")}, wire.Options{If: wire.IfVersion}),
		func(d *wire.Decoder) []wire.DelResult {
			r, _ := wire.DecodeMDelResult(d, nil)
			return r
		})
	require.NoError(t, err)
	require.Equal(t, wire.CodeCondition, dels[0].Err.Code)
	require.Equal(t, wire.DelResult{}, dels[1], "there is none, as it should be")
}
