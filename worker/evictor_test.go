package worker

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

func newEvictingWorker(t *testing.T) *Worker {
	t.Helper()
	w := newWorkerOf(t, Config{Name: "w1", MaxMemory: 1 << 20, Eviction: EvictionLRU})
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	return w
}

// fillUp puts keys into all partitions without asking for room.
func fillUp(w *Worker, keys, size int) {
	value := make([]byte, size)
	for i := range keys {
		key := fmt.Append(nil, "k", i)
		p := &w.table.Load().partitions[placement.PartitionOf(key, 16)]
		p.look(func(*replica.Core) { p.engine.Put(store.Item{Key: key, Value: value}) })
	}
}

func TestPartitionsAreChosenByTheirSize(t *testing.T) {
	var c choice
	list := make([]partition, 3)
	for i, bytes := range []int64{100, 800, 100} {
		list[i].id = placement.PartitionID(i)
		c.add(&list[i], bytes)
	}
	var picked [3]int
	for range 10_000 {
		picked[c.pick().id]++
	}
	require.InDelta(t, 1000, picked[0], 300)
	require.InDelta(t, 8000, picked[1], 500)
	require.InDelta(t, 1000, picked[2], 300)
}

func TestEvictorGoesOnUntilTheReserveIsFree(t *testing.T) {
	w := newEvictingWorker(t)
	fillUp(w, 1000, 1000)
	require.Less(t, w.evictor.free(), w.evictor.reserve)
	eventually(t, "evict until the reserve is free", func() bool {
		w.evictor.self.Look()
		w.evictor.round()
		return w.evictor.free() >= w.evictor.reserve
	})
	require.Less(t, w.evictor.free(), 4*w.evictor.reserve, "and no more than that, nearly")
	require.Positive(t, w.evicted())
	w.evictor.self.Look()
	require.Zero(t, w.evictor.round())
}

func TestOthersAreToldTheirPartOfWhatIsMissing(t *testing.T) {
	w := newEvictingWorker(t)
	fillUp(w, 1000, 1000)
	w.evictor.holdings()
	room, keep := w.allot(w.incarnation) // as if another led all of it
	require.Less(t, room, w.evictor.free())
	require.Equal(t, w.evictor.reserve-w.evictor.free()+room, keep)
	room, keep = w.allot(99) // who leads nothing has nothing to evict
	require.Equal(t, room, keep)
}

// The clock counts how often the memory was written anew, not seconds: a quiet
// night must not make all keys equally old.
func TestClockTicksAsMemoryIsWritten(t *testing.T) {
	w := newEvictingWorker(t)
	beat := store.Instant(w.cfg.Timing.Beat)
	key := []byte("k1")
	idle := func() (ticks uint32) {
		p := &w.table.Load().partitions[placement.PartitionOf(key, 16)]
		p.look(func(*replica.Core) { _, ticks, _ = p.engine.Coldest(0, 1000) })
		return ticks
	}
	fillUp(w, 2, 10)
	for i := range store.Instant(20) {
		w.evictor.tick(i * beat)
	}
	require.Zero(t, idle())
	fillUp(w, 2+100, 1000)
	w.evictor.tick(20*beat + 1)
	w.evictor.tick(20*beat + 2) // of the same beat
	require.Equal(t, uint32(1), idle())
}

func TestAWorkerThatDoesNotEvictTellsItsRoomOnly(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	fillUp(w, 1000, 1000)
	room, keep := w.allot(99)
	require.Equal(t, max(w.memory.Limit()-w.memory.Used(), 0), room)
	require.Zero(t, keep)
	require.Zero(t, w.evicted())
}
