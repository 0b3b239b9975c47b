package worker

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

// putOver puts n keys into one partition whose time is over at once.
func putOver(w *Worker, p *partition, n int) {
	p.look(func(*replica.Core) {
		for i := range n {
			p.engine.Put(store.Item{Key: binary.LittleEndian.AppendUint32(nil, uint32(i)), Deadline: 1})
		}
	})
}

// However much is due, in however few partitions, it goes in one sweep, a few
// keys at a time.
func TestSweepRemovesAllThatIsDue(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	p, other := &w.table.Load().partitions[0], &w.table.Load().partitions[3]
	putOver(w, p, 20_000)
	putOver(w, other, 1)
	other.look(func(*replica.Core) { other.engine.Put(store.Item{Key: []byte("live"), Deadline: 1 << 62}) })

	worked, more := w.sweeper.step(p, w.now())
	require.True(t, worked)
	require.True(t, more)
	require.Equal(t, 20_000-sweepKeys, p.engine.Len(), "what one step removes is bounded")

	w.sweeper.sweep(t.Context())
	require.Zero(t, p.engine.Len())
	require.Equal(t, 1, other.engine.Len())
	require.EqualValues(t, 20_001, w.expired.Load())
	worked, more = w.sweeper.step(other, w.now())
	require.False(t, worked || more, "nothing is left to look for")
}

// Where it must not remove anything it does not try again and again.
func TestSweepLeavesBackupsAlone(t *testing.T) {
	w := newTestWorker(t)
	target := make([][]string, 16)
	for i := range target {
		target[i] = []string{"other", w.Name()}
	}
	view, err := placement.NewView("pikv", 7, 1, []placement.Node{
		{Incarnation: 1, Name: "other", Addr: "127.0.0.1:1"}, {Incarnation: w.Incarnation(), Name: w.Name(), Addr: "127.0.0.1:2"},
	}, target)
	require.NoError(t, err)
	require.NoError(t, w.follower.adopt(replyWith(view)))
	p := &w.table.Load().partitions[0]
	putOver(w, p, 1000)
	w.sweeper.sweep(t.Context()) // and returns
	require.Equal(t, 1000, p.engine.Len())
}

// While memory is short and is written to, every tick wakes the sweeper.
func TestSweeperIsHurriedWhileMemoryIsShort(t *testing.T) {
	w := newTestWorker(t)
	s := w.sweeper
	woken := func() bool {
		select {
		case <-s.need:
			return true
		default:
			return false
		}
	}
	now := store.Instant(time.Hour)
	s.tick(now)
	require.True(t, woken(), "from time to time")
	s.tick(now + 1)
	require.False(t, woken())
	w.memory.Force(w.memory.Limit() * 9 / 10)
	s.tick(now + 2)
	require.True(t, woken())
	s.tick(now + 3)
	require.False(t, woken(), "nothing was written")
	w.memory.Force(1)
	s.tick(now + 4)
	require.True(t, woken())
	s.tick(now + store.Instant(sweepEvery))
	require.False(t, woken())
	s.tick(now + 4 + store.Instant(sweepEvery))
	require.True(t, woken())
}
