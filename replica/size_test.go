package replica

import (
	"runtime"
	"testing"

	"pikv/placement"
	"pikv/store"
)

// A node has a core for every partition of the cluster, whatever it holds of it.
func TestAnEmptyPartitionIsSmall(t *testing.T) {
	const partitions = 4096
	for name, config := range map[string]placement.Partition{
		"a primary without backups": config(1, nodeA, incs{nodeA}),
		"a primary with a backup":   config(1, nodeA, incs{nodeA, nodeB}),
		"a backup":                  config(1, nodeB, incs{nodeB, nodeA}),
		"none of it":                config(1, nodeB, incs{nodeB}),
	} {
		l := newLab(t)
		memory := store.NewMemory(0)
		pairs := labPairs{l, nodeA}
		pairs.Pair(nodeB)
		node := NewNode(nodeA, memory, pairs, DefaultTiming(), DefaultLimits())
		cores := make([]*Core, partitions)
		before := heap()
		for p := range cores {
			cores[p] = New(placement.PartitionID(p), store.New(memory), node)
			var out Effects
			cores[p].Adopt(l.now, config, &out)
		}
		if size := (heap() - before) / partitions; size > 1024 {
			t.Errorf("%s takes %d bytes", name, size)
		} else {
			t.Logf("%s: %d bytes", name, size)
		}
		runtime.KeepAlive(cores)
		memory.Close()
	}
}

// heap is how much of it is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
