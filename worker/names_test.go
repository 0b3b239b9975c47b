package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// A write that is sent again takes no second effect, and gets the answer of
// the first.
func TestAWriteThatIsSentAgain(t *testing.T) {
	_, conn := owner(t, Config{})
	id := func(seq uint64) wire.Options { return wire.Options{Client: 77, Seq: seq, Attempt: 1} }
	again := func(o wire.Options) wire.Options { o.Attempt++; return o }
	incr := func(o wire.Options) int64 {
		sum, err := ask(t, conn, wire.MethodIncr, wire.AppendIncr(nil, []byte("n"), 2, o), func(d *wire.Decoder) int64 { return d.Int() })
		require.NoError(t, err)
		return sum
	}
	require.EqualValues(t, 2, incr(id(1)))
	require.EqualValues(t, 2, incr(again(id(1))))
	require.EqualValues(t, 4, incr(id(2)))
	require.EqualValues(t, 4, incr(again(again(id(2)))))

	pairs := []wire.Pair{{Key: []byte("a"), Value: []byte("1")}, {Key: []byte("b"), Value: []byte("2")}}
	mput := func(attempt uint64) []wire.PutResult {
		o := wire.Options{Client: 77, Seqs: []uint64{3, 4}, Attempt: attempt}
		results, err := ask(t, conn, wire.MethodMPut, wire.AppendMPut(nil, pairs, o), func(d *wire.Decoder) []wire.PutResult {
			r, _ := wire.DecodeMPutResult(d, nil)
			return r
		})
		require.NoError(t, err)
		return results
	}
	first := mput(1)
	require.Equal(t, first, mput(2))

	mdel := func(attempt uint64) []wire.DelResult {
		o := wire.Options{Client: 77, Seqs: []uint64{5, 6}, Attempt: attempt}
		results, err := ask(t, conn, wire.MethodMDel, wire.AppendMDel(nil, [][]byte{[]byte("a"), []byte("none")}, o), func(d *wire.Decoder) []wire.DelResult {
			r, _ := wire.DecodeMDelResult(d, nil)
			return r
		})
		require.NoError(t, err)
		return results
	}
	require.Equal(t, []wire.DelResult{{Found: true}, {}}, mdel(1))
	_, err := putWith(t, conn, "a", "again", wire.Options{})
	require.NoError(t, err)
	require.Equal(t, []wire.DelResult{{Found: true}, {}}, mdel(2), "what was written since stays")

	o := id(7)
	o.Finished = 5
	_, err = putWith(t, conn, "a", "v", o)
	require.NoError(t, err)
	_, err = putWith(t, conn, "a", "late", id(4))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeStale})
}

// What a repetition is answered is the first outcome, also when that was a
// failure or a value that is gone by now.
func TestEveryOutcomeIsRemembered(t *testing.T) {
	_, conn := owner(t, Config{})
	name := func(seq, attempt uint64) wire.Options { return wire.Options{Client: 77, Seq: seq, Attempt: attempt} }
	swap := func(value string, o wire.Options) (string, error) {
		return ask(t, conn, wire.MethodGetSet, wire.AppendGetSet(nil, []byte("k"), []byte(value), o), readText)
	}
	for attempt := uint64(1); attempt <= 2; attempt++ {
		old, err := swap("a", name(1, attempt))
		require.NoError(t, err)
		require.Equal(t, "nil", old)
	}
	for attempt := uint64(1); attempt <= 2; attempt++ {
		old, err := swap("b", name(2, attempt))
		require.NoError(t, err)
		require.Equal(t, "a", old)
	}
	failed := &wire.Error{Code: wire.CodeCondition}
	o := name(3, 2) // the first attempt got lost on its way
	o.If = wire.IfAbsent
	_, err := swap("c", o)
	require.ErrorIs(t, err, failed)
	_, err = ask(t, conn, wire.MethodDel, wire.AppendDel(nil, []byte("k")), readUint)
	require.NoError(t, err)
	o.Attempt = 1
	_, err = swap("c", o)
	require.ErrorIs(t, err, failed, "and arrives now: the key is absent, but the client has its answer")

	_, err = ask(t, conn, wire.MethodIncr, wire.AppendIncr(nil, []byte("k"), 1, name(1, 2)), readUint)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest}, "one name for two writes")
}
