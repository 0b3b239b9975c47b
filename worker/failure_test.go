package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/wire"
)

// A partition whose primary was an earlier run of this very node is lost: to
// send clients there would send them back here for ever.
func TestAnEarlierRunsPartitionsAreLostNotEmpty(t *testing.T) {
	w := newTestWorker(t)
	v := testView(t, w, 7)
	v.Nodes[0].Incarnation = 42
	for i := range v.Partitions {
		v.Partitions[i].Primary, v.Partitions[i].InSync = 42, []placement.Incarnation{42}
	}
	require.NoError(t, w.follower.adopt(replyWith(v)))
	p := &w.table.Load().partitions[3]
	err := w.failure(p, &replica.Done{Status: replica.Moved, Owner: 42, Epoch: 1})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeUnavailable})
	require.ErrorContains(t, err, "lost")
}

func TestEveryEndOfAnOperationHasACode(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	p := &w.table.Load().partitions[0]
	for status, code := range map[replica.Status]wire.Code{
		replica.Unavailable: wire.CodeBusy,
		replica.Timeout:     wire.CodeTimeout,
		replica.OutOfMemory: wire.CodeOutOfMemory,
		replica.UnknownFate: wire.CodeUnknownFate,

		replica.ConditionFailed: wire.CodeCondition,
		replica.NotInteger:      wire.CodeNotInteger,
		replica.Finished:        wire.CodeStale,
		replica.Forgotten:       wire.CodeForgotten,
		replica.Crowded:         wire.CodeBusy,
	} {
		require.Equal(t, code, wire.AsError(w.failure(p, &replica.Done{Status: status})).Code, status)
	}
	require.NoError(t, w.failure(p, &replica.Done{Status: replica.OK}))
	moved := wire.AsError(w.failure(p, &replica.Done{Status: replica.Moved, Owner: w.Incarnation(), Epoch: 4}))
	require.Equal(t, &wire.Error{Code: wire.CodeMoved, Text: moved.Text, Owner: "127.0.0.1:1", Epoch: 4}, moved)
}

// A read numbers the removal of an expired key; that its fate is unknown is
// nothing to the reader, who may simply read again.
func TestAReadIsAlwaysSafeToRepeat(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	p := &w.table.Load().partitions[0]
	require.NoError(t, w.readFailure(p, &replica.Done{}))
	for _, status := range []replica.Status{replica.Moved, replica.Unavailable, replica.Timeout, replica.UnknownFate} {
		require.True(t, wire.AsError(w.readFailure(p, &replica.Done{Status: status, Owner: 1})).Retryable(), status)
	}
}

// With another replica in sync the partition is not lost, only waiting.
func TestAPartitionWithALivingReplicaIsNotLost(t *testing.T) {
	w := newTestWorker(t)
	v := testView(t, w, 7)
	v.Nodes = []placement.Node{{Incarnation: 42, Name: "w1", Addr: "127.0.0.1:1"}, {Incarnation: 43, Name: "w2", Addr: "127.0.0.1:2"}}
	for i := range v.Partitions {
		v.Partitions[i].Primary, v.Partitions[i].InSync = 42, []placement.Incarnation{42, 43}
	}
	require.NoError(t, w.follower.adopt(replyWith(v)))
	err := w.failure(&w.table.Load().partitions[3], &replica.Done{Status: replica.Moved, Owner: 42, Epoch: 1})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBusy})
}
