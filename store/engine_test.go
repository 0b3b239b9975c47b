package store

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"
)

// newEngine makes one with memory of its own and no limit to speak of.
func newEngine(t testing.TB) *Engine {
	mem := NewMemory(1 << 40)
	t.Cleanup(mem.Close)
	return New(mem)
}

// A scan goes on where it was when the partition has moved to another node,
// where the entries arrived in another order.
func TestScanSurvivesAMove(t *testing.T) {
	from, to := newEngine(t), newEngine(t)
	for i := range 5000 {
		from.Put(Item{Key: fmt.Appendf(nil, "key-%d", i)})
	}
	s := from.Snapshot()
	for i := s.Len() - 1; i >= 0; i-- {
		to.Put(s.Item(i))
	}
	s.Close()
	seen := map[string]int{}
	count := func(it Item) { seen[string(it.Key)]++ }
	cursor := from.Scan(0, nil, 1234, count)
	for cursor = to.Scan(cursor, nil, 700, count); cursor != 0; {
		cursor = to.Scan(cursor, nil, 700, count)
	}
	for k, n := range seen {
		if n != 1 {
			t.Fatalf("%s was yielded %d times", k, n)
		}
	}
	if len(seen) != 5000 {
		t.Fatalf("%d keys, want 5000", len(seen))
	}
}

func TestRarePrefixDoesNotHoldThePartition(t *testing.T) {
	e := newEngine(t)
	for i := range 3 * scanMost {
		e.Put(Item{Key: fmt.Appendf(nil, "key-%d", i)})
	}
	e.Put(Item{Key: []byte("rare")})
	pages, found := 1, 0
	for cursor := e.Scan(0, []byte("rare"), 10, func(Item) { found++ }); cursor != 0; pages++ {
		cursor = e.Scan(cursor, []byte("rare"), 10, func(Item) { found++ })
	}
	if pages < 3 || pages > 4 || found != 1 {
		t.Errorf("%d pages, %d found", pages, found)
	}
}

func TestReplicasSnapshotInTheSameOrder(t *testing.T) {
	a, b := newEngine(t), newEngine(t)
	for i := range 1000 {
		a.Put(Item{Key: fmt.Appendf(nil, "key-%d", i)})
		b.Put(Item{Key: fmt.Appendf(nil, "key-%d", 999-i)})
	}
	sa, sb := a.Snapshot(), b.Snapshot()
	defer sa.Close()
	defer sb.Close()
	var keys [2][]string
	for i := range 1000 {
		keys[0], keys[1] = append(keys[0], string(sa.Item(i).Key)), append(keys[1], string(sb.Item(i).Key))
	}
	if !slices.Equal(keys[0], keys[1]) {
		t.Error("snapshots differ")
	}
}

func TestEmptyEngineIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Engine{}); size > 256 {
		t.Errorf("an empty engine takes %d bytes", size)
	}
	mem := NewMemory(0)
	defer mem.Close()
	if n := testing.AllocsPerRun(10, func() { New(mem).Get([]byte("k")) }); n > 1 {
		t.Errorf("an empty engine takes %v allocations", n)
	}
	e := New(mem)
	for i := range 100 {
		e.Put(Item{Key: []byte{byte(i)}, Deadline: 1})
	}
	for i := range 100 {
		e.Delete([]byte{byte(i)})
	}
	if e.log.all != nil || e.index.places != nil || mem.handed() != 0 {
		t.Error("an emptied engine keeps memory")
	}
}

func TestReadsAndOverwritingDoNotAllocate(t *testing.T) {
	e := newEngine(t)
	k, v := []byte("key"), make([]byte, 100)
	for i := range 1000 {
		e.Put(Item{Key: fmt.Append(nil, i), Value: v})
	}
	e.Put(Item{Key: k, Value: v, Deadline: 100})
	if n := testing.AllocsPerRun(100, func() { e.Get(k); e.Due(99, 10) }); n != 0 {
		t.Errorf("Get and Due with nothing due allocate %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { e.Put(Item{Key: k, Value: v, Deadline: 101}) }); n != 0 {
		t.Errorf("overwriting allocates %v times", n)
	}
	size := 0
	if n := testing.AllocsPerRun(1000, func() { size = (size + 7) % 100; e.Put(Item{Key: k, Value: v[:size], Deadline: 101}) }); n != 0 {
		t.Errorf("overwriting with another size allocates %v times", n)
	}
}

func TestDeleteByTheEntrysOwnKey(t *testing.T) {
	e := newEngine(t)
	e.Put(Item{Key: []byte("k"), Value: make([]byte, 5000)})
	it, _, _ := e.Coldest(1, 1)
	if !e.Delete(it.Key) || e.Len() != 0 {
		t.Error("not deleted")
	}
}
