package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
	"pikv/wire"
)

// loadBench is a worker alone with its partitions, whose clock stands.
type loadBench struct {
	*Worker
	t   *testing.T
	now store.Instant
}

func newLoadBench(t *testing.T) *loadBench {
	b := &loadBench{Worker: newTestWorker(t), t: t, now: 1}
	b.Worker.now = func() store.Instant { return b.now }
	require.NoError(t, b.follower.adopt(replyWith(testView(t, b.Worker, 7))))
	b.report()
	return b
}

// report is what a report would say.
func (b *loadBench) report() wire.Load {
	var r wire.ReportRequest
	b.show.fill(&r)
	require.NoError(b.t, r.Load.Check())
	return r.Load
}

// ask asks a partition for a key.
func (b *loadBench) ask(id int, k kind, n int) {
	p := &b.table.Load().partitions[id]
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		b.countLocked(p, k, []byte("k"))
	}
}

// run lets seconds go by, in each of which ask is called.
func (b *loadBench) run(seconds int, ask func()) (l wire.Load) {
	for range seconds {
		ask()
		b.now += store.Instant(time.Second)
		l = b.report()
	}
	return l
}

func TestTheLoadIsAMean(t *testing.T) {
	b := newLoadBench(t)
	require.Zero(t, b.report().Requests())
	load := func() {
		b.ask(3, reading, 100)
		b.ask(5, reading, 200)
		b.ask(5, writing, 300)
		b.ask(9, deleting, 30)
	}
	l := b.run(5, load)
	require.InDelta(t, 300*(1-1/2.71828), l.Reads, 1, "after one time constant")
	l = b.run(60, load)
	require.InDelta(t, 300, l.Reads, 0.1)
	require.InDelta(t, 300, l.Writes, 0.1)
	require.InDelta(t, 30, l.Deletes, 0.1)
	require.Equal(t, []uint16{5, 3, 9}, []uint16{l.Partitions[0].P, l.Partitions[1].P, l.Partitions[2].P})
	require.InDelta(t, 500, l.Partitions[0].Rate, 0.1)
	require.Len(t, l.Partitions, 3)
	require.Equal(t, []byte("k"), l.Keys[0].Key)
	require.Positive(t, l.CPUs)

	// Seconds that nobody counted are no less: the pauses between reports are unlike.
	load()
	load()
	load()
	b.now += store.Instant(3 * time.Second)
	l = b.report()
	require.InDelta(t, 300, l.Reads, 0.1)
	require.Equal(t, l, b.report(), "between two countings nothing changes")

	l = b.run(120, func() {})
	require.Zero(t, l.Requests(), "rest looks like rest")
	require.Empty(t, l.Partitions)
	require.Empty(t, l.Keys)
}

// What is counted stays counted when it is taken into account: see Worker.linger.
func TestRequestsAddUp(t *testing.T) {
	b := newLoadBench(t)
	b.run(3, func() { b.ask(3, reading, 100); b.ask(4, deleting, 1) })
	b.ask(3, writing, 5)
	require.EqualValues(t, 308, b.requests())
	require.EqualValues(t, 308, b.asked())
}

func TestPartitionsThatHardlyMatterAreLeftOut(t *testing.T) {
	rates := &table{partitions: make([]partition, 1024)}
	for i := range rates.partitions {
		rates.partitions[i].rate = float32(i)
	}
	all := hottest(rates, 1)
	require.Len(t, all, wire.MaxHotPartitions)
	require.Equal(t, wire.PartitionLoad{P: 1023, Rate: 1023}, all[0])
	require.Len(t, hottest(rates, 1000), 24)
	require.Empty(t, hottest(&table{partitions: make([]partition, 10)}, 0), "none is asked for")
}

func TestTheLoopbackIsNoNetwork(t *testing.T) {
	require.Empty(t, networkOf("127.0.0.1"))
	require.Empty(t, networkOf("::1"))
	require.Empty(t, networkOf("name"))
	b := newLoadBench(t)
	l := b.run(3, func() {})
	require.Zero(t, l.In+l.Out)
	b.load.network = "lo" // as if it were one
	b.run(1, func() {})
	require.Equal(t, b.load.measured, b.load.gone[0] > 0, "it is read where the system tells of it")
	b.load.gone = [2]uint64{}
	l = b.run(1, func() {})
	require.Equal(t, b.load.measured, l.In > 0)
	require.Equal(t, b.load.measured, l.Out > 0)
}
