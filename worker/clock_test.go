package worker

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

func TestTheClockRunsAsOthersDo(t *testing.T) {
	now, outer := newClock(), time.Now()
	first := now()
	inner := time.Now()
	require.Positive(t, first, "0 is never")
	require.Less(t, first, store.Instant(time.Minute))
	last := first
	for time.Since(inner) < 20*time.Millisecond {
		next := now()
		require.GreaterOrEqual(t, next, last)
		last = next
	}
	// What lies between the two readings is longer than what lies inside them
	// and shorter than what lies around them, however busy the machine is.
	least := time.Since(inner)
	last = now()
	most := time.Since(outer)
	took := time.Duration(last - first)
	require.GreaterOrEqual(t, took, least*99/100)
	require.LessOrEqual(t, took, most*101/100)
}

// jumping makes a worker's clock one that a test can advance, as a suspended
// machine's does.
func jumping(w *Worker) (jump func(d time.Duration)) {
	var ahead atomic.Int64
	clock := w.now
	w.now = func() store.Instant { return clock() + store.Instant(ahead.Load()) }
	return func(d time.Duration) { ahead.Add(int64(d)) }
}

// frozen makes a worker's clock one that only the test moves.
func frozen(w *Worker) (advance func(d time.Duration)) {
	var now atomic.Int64
	now.Store(int64(w.now()))
	w.now = func() store.Instant { return store.Instant(now.Load()) }
	return func(d time.Duration) { now.Add(int64(d)) }
}

// Whatever runs first when the machine wakes: it takes nobody for dead.
func TestAJumpOfTheClockIsNobodysSilence(t *testing.T) {
	w := newTestWorker(t)
	jump := jumping(w)
	v := withPeers(testView(t, w, 7), newFakePeer(t).ln.Addr().String(), newFakePeer(t).ln.Addr().String())
	v.Partitions[0].InSync = sorted([]placement.Incarnation{w.incarnation, 101, 102})
	require.NoError(t, w.follower.adopt(replyWith(v)))
	w.ticked.Store(int64(w.now()))
	jump(time.Hour)
	now := w.now()
	k := w.links.get(101)
	k.pair.Hear(now)
	k.beat(now, &replica.Beat{Grant: now, Master: 7, View: 1, Room: 1})
	require.True(t, k.pair.Leased(now), "so that its partitions were ticked")
	require.Zero(t, asked(w, placement.Drop, 102), "what it has said is yet to be read")
	began := w.now()
	loops(w, w.runTicks)
	eventually(t, "both are given up when they stay silent", func() bool {
		return asked(w, placement.Drop, 101) == 1 && asked(w, placement.Drop, 102) == 1
	})
	require.GreaterOrEqual(t, w.now()-began, store.Instant(w.cfg.Timing.Silence)/2)
}

// Neither side of a pair is given up for the jumps of one's clock, and what is
// asked meanwhile is answered.
func TestAWorkerWhoseClockJumps(t *testing.T) {
	a, b := unserved(t, replica.DefaultTiming())
	jump := jumping(a)
	serve(t, a)
	serve(t, b)
	share(t, a, b)
	loops(a, a.runTicks)
	loops(b, b.runTicks)
	eventually(t, "both have each other's lease", func() bool { return leased(a, b) && leased(b, a) })
	key, conn := keyOf(t, a, 0), dial(t, a.addr)
	for round := range 5 {
		jump(10 * time.Second)
		value := fmt.Sprint(round)
		require.NoError(t, writeKey(t, conn, key, []byte(value), patience))
		got, err := readKey(t, conn, key, patience)
		require.NoError(t, err)
		require.Equal(t, value, got)
	}
	require.Empty(t, a.changes.take(), "nobody was silent")
	require.Empty(t, b.changes.take())
}

func BenchmarkClock(b *testing.B) {
	b.Run("worker", func(b *testing.B) {
		now := newClock()
		for b.Loop() {
			now()
		}
	})
	b.Run("go", func(b *testing.B) {
		began := time.Now()
		for b.Loop() {
			_ = time.Since(began)
		}
	})
}
