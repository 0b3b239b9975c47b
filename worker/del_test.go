package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

func TestADelPromisesNoEffectOnlyWhenThereWasNone(t *testing.T) {
	found, missing := wire.DelResult{Found: true}, wire.DelResult{}
	moved := wire.DelResult{Err: wire.Errorf(wire.CodeMoved, "")}
	lost := wire.DelResult{Err: wire.Errorf(wire.CodeUnavailable, "")}
	unknown := wire.DelResult{Err: wire.Errorf(wire.CodeUnknownFate, "")}
	for _, c := range []struct {
		results []wire.DelResult
		existed uint64
		code    wire.Code
	}{
		{nil, 0, ""},
		{[]wire.DelResult{found, missing, found}, 2, ""},
		{[]wire.DelResult{moved}, 0, wire.CodeMoved},
		{[]wire.DelResult{unknown}, 0, wire.CodeUnknownFate},
		{[]wire.DelResult{missing, moved}, 0, wire.CodeMoved},
		{[]wire.DelResult{moved, lost}, 0, wire.CodeUnavailable},
		{[]wire.DelResult{lost, moved}, 0, wire.CodeUnavailable},
		{[]wire.DelResult{found, moved}, 1, wire.CodeUnknownFate},
		{[]wire.DelResult{moved, found}, 1, wire.CodeUnknownFate},
		{[]wire.DelResult{unknown, moved}, 0, wire.CodeUnknownFate},
	} {
		existed, failed := countDeleted(c.results)
		require.Equal(t, c.existed, existed)
		if c.code == "" {
			require.Nil(t, failed)
		} else {
			require.Equal(t, c.code, failed.Code)
		}
	}
}

func TestDelOfSeveralOwnersIsRefusedBeforeAnyEffect(t *testing.T) {
	w := newTestWorker(t)
	serve(t, w)
	v := withPeers(testView(t, w, 7), "127.0.0.1:9", "127.0.0.1:10")
	v.Partitions[1] = placement.Partition{Epoch: 1, Primary: 101, InSync: []placement.Incarnation{101}}
	v.Partitions[2] = placement.Partition{Epoch: 1, Primary: 102, InSync: []placement.Incarnation{102}}
	require.NoError(t, w.follower.adopt(replyWith(v)))
	conn := dial(t, w.addr)
	mine, theirs, others := keyOf(t, w, 0), keyOf(t, w, 1), keyOf(t, w, 2)
	put(t, conn, mine, 3)
	del := func(keys ...[]byte) (count uint64, err error) {
		err = conn.Call(t.Context(), wire.MethodDel, func(buf []byte) []byte { return wire.AppendDel(buf, keys...) },
			func(d *wire.Decoder) error { count = d.Uint(); return d.Err() })
		return count, err
	}
	for _, keys := range [][][]byte{{mine, theirs}, {theirs, mine}, {theirs, others}} {
		_, err := del(keys...)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest}, "a redirect would lead in circles")
	}
	_, err := del(theirs, theirs)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeMoved})
	require.Equal(t, "127.0.0.1:9", wire.AsError(err).Owner)
	_, err = del(mine, nil)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeEmptyKey})
	count, err := del(mine, mine)
	require.NoError(t, err)
	require.EqualValues(t, 1, count, "no refused call has deleted it")
}
