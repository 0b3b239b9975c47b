package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/wire"
)

func TestReportsTellWhatMoves(t *testing.T) {
	w := filling(t, nowhere(t))
	var r wire.ReportRequest
	w.show.fill(&r)
	require.Len(t, r.Moves, 16)
	require.Equal(t, uint16(3), r.Moves[3].P)
	require.EqualValues(t, 101, r.Moves[3].Node)
	require.Positive(t, r.Moves[3].Total)
	require.Zero(t, r.Moves[3].Done)
	require.EqualValues(t, 16, r.Keys, "one in each")
}

// A partition is reported as waiting once it has waited for a while, and until
// it does no more.
func TestReportsTellWhatWaits(t *testing.T) {
	w := newTestWorker(t)
	advance := frozen(w)
	v := withPeers(testView(t, w, 7), newFakePeer(t).ln.Addr().String()) // who grants nothing
	for i := range 3 {
		v.Partitions[i].InSync = sorted([]placement.Incarnation{w.incarnation, 101})
	}
	report := func() (waiting []wire.WaitReport) {
		var r wire.ReportRequest
		w.show.fill(&r)
		return r.Waiting
	}
	require.NoError(t, w.follower.adopt(replyWith(v)))
	require.Empty(t, report(), "not for long")
	advance(waitingFor + 1)
	waiting := report()
	require.Len(t, waiting, 3)
	require.EqualValues(t, 101, waiting[1].For)
	require.NotEmpty(t, waiting[1].Why)

	now := w.now()
	w.links.get(101).pair.Hear(now)
	w.links.get(101).beat(now, &replica.Beat{Grant: now, Master: 7, View: 1, Room: 1 << 20})
	for i := range 3 {
		m := replica.Message{Kind: replica.MsgAck, Partition: placement.PartitionID(i), Epoch: 1}
		w.step(&w.table.Load().partitions[i], func(c *replica.Core, out *replica.Effects) { c.Receive(w.now(), 101, &m, out) })
	}
	w.tickActive()
	require.Empty(t, report(), "served")
}

// Nothing is locked or ticked on behalf of a partition that has nothing to do.
func TestAnIdleWorkerHasNoActivePartitions(t *testing.T) {
	a, b := pair(t, replica.DefaultTiming())
	put(t, dial(t, a.addr), keyOf(t, a, 0), 10)
	eventually(t, "both are at rest", func() bool {
		return leased(a, b) && leased(b, a) && len(a.actives.all())+len(b.actives.all())+len(a.restless(a.now())) == 0
	})
	put(t, dial(t, a.addr), keyOf(t, a, 2), 10)
	eventually(t, "a write wakes its partition, and only for a while", func() bool { return len(a.actives.all()) == 0 })
}
