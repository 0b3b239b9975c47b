package worker

import (
	"unsafe"

	"pikv/placement"
	"pikv/prefetch"
	"pikv/store"
)

const (
	expectMost = 16
	// What a read looks at of a partition and of its core, in bytes.
	expectPartition = 3 * prefetch.LineSize
	expectCore      = 4 * prefetch.LineSize
)

// expected is a key that is about to be asked for.
type expected struct {
	p    *partition
	hash uint64
}

// expect asks the processor for what the operations on some keys will look at: in
// steps, since each place tells where the next one is, and each step for all keys. It
// is a hint. What is busy is left out.
func (w *Worker) expect(keys [][]byte) {
	t := w.table.Load()
	if t == nil {
		return
	}
	var room [expectMost]expected
	all := room[:0]
	for _, key := range keys[:min(len(keys), expectMost)] {
		e := expected{&t.partitions[placement.PartitionOf(key, len(t.partitions))], store.Hash(key)}
		prefetch.Bytes(unsafe.Pointer(e.p), expectPartition)
		prefetch.Bytes(unsafe.Pointer(&e.p.core), expectCore)
		all = append(all, e)
	}
	for i := range all {
		all[i].fetch((*store.Engine).FetchCell)
	}
	for i := range all {
		all[i].fetch((*store.Engine).FetchEntry)
	}
}

func (e *expected) fetch(step func(engine *store.Engine, hash uint64)) {
	if e.p.mu.TryLock() {
		defer e.p.unlock()
		step(&e.p.engine, e.hash)
	}
}
