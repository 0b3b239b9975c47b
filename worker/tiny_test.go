package worker

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
)

// A worker that is full to its limit of entries of a few bytes refuses more,
// whatever they are, without losing any; and what is deleted makes room again.
func TestFullOfTinyEntries(t *testing.T) {
	const limit = 2 << 20
	w := newWorkerOf(t, Config{Name: "w1", MaxMemory: limit})
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	status := make(chan replica.Status, 1)
	do := func(kind replica.OpKind, i int) replica.Status {
		key := binary.BigEndian.AppendUint32(nil, uint32(i))[1:]
		op := replica.Op{Kind: kind, Key: key, Tag: answered1{status}}
		if kind == replica.OpPut {
			op.Value = []byte{1}
		}
		w.do(&w.table.Load().partitions[placement.PartitionOf(key, 16)], w.now(), &op)
		return <-status
	}
	n := 0
	for do(replica.OpPut, n) == replica.OK {
		n++
	}
	require.Greater(t, n, 80_000)
	for i := n; i < n+100; i++ {
		require.Equal(t, replica.OutOfMemory, do(replica.OpPut, i))
	}
	require.EqualValues(t, n, w.count(nil).keys)
	require.LessOrEqual(t, w.memory.Used(), int64(limit))
	for i := range n / 2 {
		require.Equal(t, replica.OK, do(replica.OpDelete, i))
	}
	again := 0
	for do(replica.OpPut, n+again) == replica.OK {
		again++
	}
	require.Greater(t, again, n/2*9/10)
	for i := range n + again {
		require.Equal(t, replica.OK, do(replica.OpDelete, i))
	}
	require.Zero(t, w.memory.Used())
}
