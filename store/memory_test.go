package store

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestReserveStopsAtTheLimit(t *testing.T) {
	m := NewMemory(100)
	if !m.Reserve(60) || m.Reserve(41) || !m.Reserve(40) || m.Reserve(1) || m.Used() != 100 || m.Limit() != 100 {
		t.Errorf("%d used", m.Used())
	}
	m.Force(50)
	if m.Used() != 150 || m.Reserve(0) {
		t.Errorf("%d used after Force", m.Used())
	}
	m.Release(60)
	if m.Reserve(11) || !m.Reserve(10) {
		t.Errorf("%d used after Release", m.Used())
	}
}

func TestReserveIsSafeInParallel(t *testing.T) {
	m := NewMemory(1000)
	var granted atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				if m.Reserve(3) {
					granted.Add(3)
				}
			}
		})
	}
	wg.Wait()
	if m.Used() != granted.Load() || m.Used() != 999 {
		t.Errorf("%d used, %d granted", m.Used(), granted.Load())
	}
}

// TestCostIsWhatEntriesTake compares what is accounted with what the heap
// grows by, for one large engine and for many small ones.
func TestCostIsWhatEntriesTake(t *testing.T) {
	if testing.Short() {
		t.Skip("fills the heap")
	}
	const keys = 50_000
	for _, engines := range []int{1, 200} {
		before := heapBytes()
		mem := NewMemory(0)
		all := make([]*Engine, engines)
		for i := range all {
			all[i] = New(mem)
		}
		for i := range keys {
			all[i%engines].Put(Item{Key: fmt.Appendf(nil, "%016d", i), Value: make([]byte, 128), Deadline: Instant(i % 2)})
		}
		taken := heapBytes() - before
		t.Logf("%d engines: %d bytes an entry, %d accounted", engines, taken/keys, mem.Used()/keys)
		if taken > mem.Used()+mem.Used()/8 {
			t.Errorf("%d engines: %d bytes taken, %d accounted", engines, taken, mem.Used())
		}
		runtime.KeepAlive(all)
	}
}

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
