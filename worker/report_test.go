package worker

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// reportMaster answers reports by a function and keeps them.
func reportMaster(t *testing.T, w *Worker, answer func(req wire.ReportRequest) wire.ReportReply) *record[wire.ReportRequest] {
	t.Helper()
	got := new(record[wire.ReportRequest])
	s := newStub(t, map[string]rpcserver.Handler{wire.MethodReport: func(_ context.Context, c *rpcserver.Call) {
		var req wire.ReportRequest
		if err := c.Body(&req); err != nil {
			c.Fail(err)
			return
		}
		got.add(req)
		reply := answer(req)
		c.ReplyBody(&reply)
	}})
	w.addr = "127.0.0.1:1"
	w.lastMaster.Store(s.addr)
	return got
}

func TestAFirstReportAdoptsTheMaster(t *testing.T) {
	w := newTestWorker(t)
	got := reportMaster(t, w, func(wire.ReportRequest) wire.ReportReply { return wire.ReportReply{MasterID: 7} })
	again, err := w.report(t.Context())
	require.NoError(t, err)
	require.True(t, again)
	again, err = w.report(t.Context())
	require.NoError(t, err)
	require.False(t, again)
	require.EqualValues(t, []uint64{0, 7}, []uint64{got.list()[0].MasterID, got.list()[1].MasterID})
}

// A recovering master has the worker forswear the old id, report the old view,
// and adopt the new one only when that was heard.
func TestForswearingTellsWhatIsHeld(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	epoch, later := uint64(0), placement.NewMasterID(1, 8)
	got := reportMaster(t, w, func(req wire.ReportRequest) wire.ReportReply {
		return wire.ReportReply{MasterID: uint64(later), Forswear: req.MasterID != uint64(later), Epoch: epoch}
	})
	again, err := w.report(t.Context())
	require.NoError(t, err)
	require.True(t, again)
	_, err = w.report(t.Context())
	require.NoError(t, err)
	held, err := placement.DecodeView(got.list()[1].View)
	require.NoError(t, err)
	require.Equal(t, placement.MasterID(7), held.MasterID)
	require.Empty(t, got.list()[0].View, "an ordinary report carries none")

	next := testView(t, w, later)
	next.Epoch = 5
	require.ErrorIs(t, w.follower.adopt(replyWith(next)), errUnheard)
	epoch = 5
	_, err = w.report(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.follower.adopt(replyWith(next)))
}

func TestNobodyIsForswornForNobody(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	reportMaster(t, w, func(wire.ReportRequest) wire.ReportReply { return wire.ReportReply{Forswear: true} })
	again, err := w.report(t.Context())
	require.NoError(t, err)
	require.False(t, again)
	followed, _ := w.follower.following()
	require.Equal(t, placement.MasterID(7), followed)
}

func TestSuggestionsReachTheCores(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), "127.0.0.1:1"))))
	from := uint64(7)
	suggest := placement.EncodeChanges([]placement.Change{
		{Kind: placement.AddLearner, Partition: 3, Epoch: 1, Asker: w.incarnation, Node: 101},
		{Kind: placement.AddLearner, Partition: 9999, Epoch: 1, Asker: w.incarnation, Node: 101},
	})
	reportMaster(t, w, func(wire.ReportRequest) wire.ReportReply {
		return wire.ReportReply{MasterID: from, Epoch: 1, Suggest: suggest}
	})
	_, err := w.report(t.Context())
	require.NoError(t, err)
	asked := w.changes.take()
	require.Len(t, asked, 1)
	require.EqualValues(t, 3, asked[0].Partition)

	from = 8
	_, err = w.report(t.Context())
	require.NoError(t, err)
	require.Empty(t, w.changes.take(), "a master that is not followed suggests nothing")
	from, suggest = 7, []byte("garbage")
	_, err = w.report(t.Context())
	require.Error(t, err)
}
