package worker

import (
	"slices"
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

// withBackup has a peer that grants nothing and acknowledges nothing by itself back up three partitions of w.
func withBackup(t *testing.T, w *Worker) (report func() []wire.WaitReport) {
	v := withPeers(testView(t, w, 7), newFakePeer(t).ln.Addr().String())
	for i := range 3 {
		v.Partitions[i].InSync = sorted([]placement.Incarnation{w.incarnation, 101})
	}
	require.NoError(t, w.follower.adopt(replyWith(v)))
	return func() []wire.WaitReport {
		var r wire.ReportRequest
		w.show.fill(&r)
		return r.Waiting
	}
}

// lease has the backup grant leases as of now.
func lease(w *Worker) {
	now := w.now()
	w.links.get(101).pair.Hear(now)
	w.links.get(101).beat(now, &replica.Beat{Grant: now, Master: 7, View: 1, Room: 1 << 20})
}

// acknowledge has the backup tell that it has the partition's entries up to the given one.
func acknowledge(w *Worker, id placement.PartitionID, upTo replica.Number, epoch placement.Epoch) {
	m := replica.Message{Kind: replica.MsgAck, Partition: id, Epoch: 1, Prev: upTo, PrevEpoch: epoch}
	w.step(&w.table.Load().partitions[id], func(c *replica.Core, out *replica.Effects) { c.Receive(w.now(), 101, &m, out) })
}

// A partition is reported as waiting once it has waited for a while, and until
// it does no more.
func TestReportsTellWhatWaits(t *testing.T) {
	w := newTestWorker(t)
	advance := frozen(w)
	report := withBackup(t, w)
	require.Empty(t, report(), "not for long")
	advance(waitingFor + 1)
	waiting := report()
	require.Len(t, waiting, 3)
	require.EqualValues(t, 101, waiting[1].For)
	require.NotEmpty(t, waiting[1].Why)

	lease(w)
	for i := range 3 {
		acknowledge(w, placement.PartitionID(i), 0, 0)
	}
	w.tickActive()
	require.Empty(t, report(), "served")
}

// A partition that has a write under way whenever somebody looks does not wait, as long as
// they are acknowledged.
func TestReportsDoNotTellOfSteadyWrites(t *testing.T) {
	w := newTestWorker(t)
	advance := frozen(w)
	report := withBackup(t, w)
	lease(w)
	acknowledge(w, 0, 0, 0)
	w.tickActive()
	write := func() {
		op := replica.Op{Kind: replica.OpPut, Key: keyOf(t, w, 0), Value: []byte("v"), Tag: ignored{}}
		w.step(&w.table.Load().partitions[0], func(c *replica.Core, out *replica.Effects) { c.Do(w.now(), &op, out) })
	}
	ofFirst := func() bool { return slices.ContainsFunc(report(), func(r wire.WaitReport) bool { return r.P == 0 }) }
	write()
	for n := range replica.Number(5) {
		require.False(t, ofFirst(), "write %d is under way", n+1)
		advance(waitingFor/2 + 1)
		lease(w)
		write()
		acknowledge(w, 0, n+1, 1)
	}
	require.False(t, ofFirst())
	advance(waitingFor + 1)
	lease(w)
	require.True(t, ofFirst(), "nothing is acknowledged any more")
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
