package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

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
	later := placement.NewMasterID(1, 8)
	w.follower.forswear(later)

	next := testView(t, w, later)
	next.Epoch = 9
	require.ErrorIs(t, w.follower.adopt(replyWith(next)), errUnheard)
	require.Equal(t, placement.MasterID(7), w.view().MasterID, "not heard yet")

	w.follower.heard(7)
	require.ErrorIs(t, w.follower.adopt(replyWith(next)), errUnheard)
	require.Equal(t, placement.MasterID(7), w.view().MasterID, "heard by the wrong master")

	w.follower.heard(later)
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.Equal(t, later, w.view().MasterID)
}

// It may have got what it holds since the master judged its report.
func TestAWorkerThatHoldsSomethingFollowsNoEarlierMaster(t *testing.T) {
	w := newTestWorker(t)
	later := placement.NewMasterID(2, 7)
	w.follower.forswear(later)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, later))))
	for _, id := range []placement.MasterID{placement.NewMasterID(1, 8), placement.NewMasterID(2, 8)} {
		w.follower.forswear(id)
		followed, _ := w.follower.following()
		require.Equal(t, later, followed)
	}
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

func TestAViewThatDoesNotDecodeBindsToNobody(t *testing.T) {
	w := newTestWorker(t)
	require.Error(t, w.follower.adopt(&wire.ViewReply{MasterID: 7, Epoch: 1, Delta: []byte("garbage")}))
	followed, _ := w.follower.following()
	require.Zero(t, followed)
}

func TestAnotherClustersViewIsRefused(t *testing.T) {
	w := newTestWorker(t)
	v := testView(t, w, 7)
	v.Cluster = "other"
	require.ErrorContains(t, w.follower.adopt(replyWith(v)), `cluster "other"`)
	require.Empty(t, w.view().Partitions)
}

// What stands around the delta is not what is adopted: it must not decide.
func TestAViewIsTheMastersThatItsDeltaNames(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	foreign := testView(t, w, 8)
	foreign.Epoch = 5
	reply := replyWith(foreign)
	reply.MasterID = 7
	require.ErrorIs(t, w.follower.adopt(reply), errOtherMaster)
	require.Equal(t, placement.MasterID(7), w.view().MasterID)
}

func TestADeltaWithAGapChangesNothing(t *testing.T) {
	w := newTestWorker(t)
	first := testView(t, w, 7)
	require.NoError(t, w.follower.adopt(replyWith(first)))
	later := first.Clone()
	later.Epoch = 9
	err := w.follower.adopt(&wire.ViewReply{MasterID: 7, Epoch: 9, Delta: placement.EncodeDelta(later.Since(5))})
	require.ErrorIs(t, err, placement.ErrGap)
	require.Equal(t, placement.Epoch(1), w.view().Epoch)
	require.NoError(t, w.follower.adopt(&wire.ViewReply{MasterID: 7, Epoch: 9, Delta: placement.EncodeDelta(later.Since(1))}))
	require.Equal(t, placement.Epoch(9), w.view().Epoch)
}

func TestAViewWithoutThisNodeLeavesItEmptyHanded(t *testing.T) {
	w := newTestWorker(t)
	v := testView(t, w, 7)
	require.NoError(t, w.follower.adopt(replyWith(v)))
	require.True(t, w.holds())
	next := v.Clone()
	next.Epoch = 2
	next.Nodes = []placement.Node{{Incarnation: 42, Name: "w2", Addr: "127.0.0.1:2"}}
	for i := range next.Partitions {
		next.Partitions[i] = placement.Partition{Epoch: 2, Primary: 42, InSync: []placement.Incarnation{42}}
	}
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.False(t, w.holds())
	held := w.count(nil)
	require.Zero(t, held.primaries+held.replicas)
	_, err := w.elsewhere(&w.table.Load().partitions[0])
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeMoved})
}
