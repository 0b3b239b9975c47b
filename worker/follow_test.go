package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/wire"
)

// newTestWorker returns a worker that is built but not started.
func newTestWorker(t *testing.T) *Worker {
	t.Helper()
	w, err := New(Config{Name: "w1", MaxMemory: 1 << 20})
	require.NoError(t, err)
	t.Cleanup(w.Abort)
	return w
}

// testView returns a view of 16 partitions that this worker owns alone.
func testView(t *testing.T, w *Worker, id placement.MasterID) *placement.View {
	t.Helper()
	target := make([][]string, 16)
	for i := range target {
		target[i] = []string{w.Name()}
	}
	v, err := placement.NewView("pikv", id, 1, []placement.Node{{Incarnation: w.Incarnation(), Name: w.Name(), Addr: "127.0.0.1:1"}}, target)
	require.NoError(t, err)
	return v
}

func replyWith(v *placement.View) *wire.ViewReply {
	return &wire.ViewReply{MasterID: uint64(v.MasterID), Epoch: uint64(v.Epoch), Delta: placement.EncodeDelta(v.Since(0))}
}

func TestAWorkerFollowsOneMaster(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	require.Equal(t, placement.MasterID(7), w.view().MasterID)

	err := w.follower.adopt(replyWith(testView(t, w, 8)))
	require.ErrorIs(t, err, errOtherMaster)
	require.Equal(t, placement.MasterID(7), w.view().MasterID)
}

// A recovering master must have heard what this worker holds before its view
// replaces it: the worker may be the only one to know of the last change.
func TestAForswornViewStaysUntilItWasReported(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	w.follower.forswear(8)

	next := testView(t, w, 8)
	next.Epoch = 9
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.Equal(t, placement.MasterID(7), w.view().MasterID, "not heard yet")

	w.follower.heard(7)
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.Equal(t, placement.MasterID(7), w.view().MasterID, "heard by the wrong master")

	w.follower.heard(8)
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.Equal(t, placement.MasterID(8), w.view().MasterID)
}

func TestAnOlderViewChangesNothing(t *testing.T) {
	w := newTestWorker(t)
	first := testView(t, w, 7)
	second := first.Clone()
	second.Epoch = 5
	second.Nodes = append(second.Nodes, placement.Node{Incarnation: 99, Name: "w2", Addr: "127.0.0.1:2"})
	require.NoError(t, w.follower.adopt(replyWith(second)))
	require.NoError(t, w.follower.adopt(replyWith(first)))
	require.Equal(t, placement.Epoch(5), w.view().Epoch)
}

func TestAViewThatDoesNotDecodeIsRefused(t *testing.T) {
	w := newTestWorker(t)
	require.Error(t, w.follower.adopt(&wire.ViewReply{MasterID: 7, Epoch: 1, Delta: []byte("garbage")}))
	require.Empty(t, w.view().Partitions)
}

func TestTheNumberOfPartitionsCannotChange(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	other, err := placement.NewView("pikv", 7, 1, testView(t, w, 7).Nodes, [][]string{{"w1"}})
	require.NoError(t, err)
	other.Epoch = 2
	require.Error(t, w.follower.adopt(replyWith(other)))
	require.Len(t, w.view().Partitions, 16)
}

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
	} {
		require.Equal(t, code, wire.AsError(w.failure(p, &replica.Done{Status: status})).Code, status)
	}
	require.NoError(t, w.failure(p, &replica.Done{Status: replica.OK}))
	moved := wire.AsError(w.failure(p, &replica.Done{Status: replica.Moved, Owner: w.Incarnation(), Epoch: 4}))
	require.Equal(t, &wire.Error{Code: wire.CodeMoved, Text: moved.Text, Owner: "127.0.0.1:1", Epoch: 4}, moved)
}
