package store

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// machine runs random operations on an engine and on a plain map.
type machine struct {
	mem    *Memory
	engine *Engine
	model  map[string]Item
	// versions number the writes.
	version uint64

	// cut is a snapshot and what the model was at that time.
	cut      []Item
	cutModel map[string]Item

	// A scan in progress: steady are the keys that were there from its
	// beginning on, seen those that it has yielded.
	scanning bool
	cursor   uint64
	prefix   []byte
	steady   map[string]bool
	seen     map[string]int
}

func newMachine() *machine {
	mem := NewMemory(1 << 20)
	mem.Force(17) // somebody else's
	return &machine{mem: mem, engine: New(mem), model: map[string]Item{}}
}

func key(t *rapid.T) []byte {
	return fmt.Appendf(nil, "%c%d", rapid.RuneFrom([]rune("ab")).Draw(t, "letter"), rapid.IntRange(0, 60).Draw(t, "key"))
}

func (m *machine) put(t *rapid.T, key []byte) {
	m.version++
	it := Item{
		Key:      key,
		Value:    rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "value"),
		Version:  m.version,
		Deadline: Instant(rapid.SampledFrom([]int64{0, 0, 5, 10, 15, 20}).Draw(t, "deadline")),
	}
	own := it
	own.Key = bytes.Clone(key)
	m.model[string(key)] = own
	m.engine.Put(it)
	clear(key) // the engine has its own
}

func (m *machine) Put(t *rapid.T) { m.put(t, key(t)) }

// PutMany makes the engine large enough that its indexes split and shrink.
func (m *machine) PutMany(t *rapid.T) {
	n := rapid.IntRange(1, 500).Draw(t, "n")
	for i := range n {
		it := Item{Key: fmt.Appendf(nil, "many%d", i), Value: []byte("v"), Version: uint64(i), Deadline: Instant(i % 3 * 8)}
		m.model[string(it.Key)] = it
		m.engine.Put(it)
	}
}

func (m *machine) DeleteMany(t *rapid.T) {
	left := rapid.IntRange(0, 20).Draw(t, "left")
	for _, k := range slices.Sorted(maps.Keys(m.model)) {
		if len(m.model) <= left {
			return
		}
		m.remove(t, []byte(k))
	}
}

func (m *machine) remove(t *rapid.T, key []byte) {
	_, want := m.model[string(key)]
	if got := m.engine.Delete(key); got != want {
		t.Fatalf("Delete(%q) = %v, want %v", key, got, want)
	}
	delete(m.model, string(key))
	delete(m.steady, string(key))
}

func (m *machine) Delete(t *rapid.T) { m.remove(t, key(t)) }

func (m *machine) Get(t *rapid.T) {
	k := key(t)
	got, ok := m.engine.Get(k)
	want, wantOK := m.model[string(k)]
	if ok != wantOK || !equal(got, want) {
		t.Fatalf("Get(%q) = %+v, %v, want %+v, %v", k, got, ok, want, wantOK)
	}
}

func (m *machine) Clear(t *rapid.T) {
	m.engine.Clear()
	clear(m.model)
	clear(m.steady)
}

func (m *machine) Snapshot(t *rapid.T) {
	m.cut, m.cutModel = m.engine.Snapshot(), maps.Clone(m.model)
}

func (m *machine) Due(t *rapid.T) {
	now := Instant(rapid.SampledFrom([]int64{1, 5, 7, 16, 30}).Draw(t, "now"))
	limit := rapid.IntRange(0, 30).Draw(t, "limit")
	var want int
	earliest := Instant(1 << 62)
	for _, it := range m.model {
		if it.Expired(now) {
			want++
			earliest = min(earliest, it.Deadline)
		}
	}
	got := m.engine.Due(now, limit)
	if len(got) != min(want, limit) {
		t.Fatalf("%d items due, want %d", len(got), min(want, limit))
	}
	unique := map[string]bool{}
	for _, it := range got {
		unique[string(it.Key)] = true
		if !it.Expired(now) || !equal(it, m.model[string(it.Key)]) {
			t.Fatalf("due: %+v, the entry is %+v", it, m.model[string(it.Key)])
		}
	}
	if len(unique) != len(got) || len(got) > 0 && got[0].Deadline != earliest {
		t.Fatalf("due: %+v", got)
	}
}

// ScanPage begins a scan or takes its next page; other operations run
// between the pages.
func (m *machine) ScanPage(t *rapid.T) {
	if !m.scanning {
		m.scanning, m.cursor = true, 0
		m.prefix = []byte(rapid.SampledFrom([]string{"", "a", "b1", "many", "none"}).Draw(t, "prefix"))
		m.steady, m.seen = map[string]bool{}, map[string]int{}
		for k := range m.model {
			m.steady[k] = bytes.HasPrefix([]byte(k), m.prefix)
		}
	}
	limit := rapid.IntRange(0, 200).Draw(t, "limit")
	yielded := 0
	next := m.engine.Scan(m.cursor, m.prefix, limit, func(it Item) {
		yielded++
		m.seen[string(it.Key)]++
		if !bytes.HasPrefix(it.Key, m.prefix) || !equal(it, m.model[string(it.Key)]) {
			t.Fatalf("Scan of %q yields %+v", m.prefix, it)
		}
	})
	if yielded > max(limit, 1) || next != 0 && next <= m.cursor {
		t.Fatalf("Scan from %d: %d of %d items, goes on at %d", m.cursor, yielded, limit, next)
	}
	m.cursor = next
	if next != 0 {
		return
	}
	m.scanning = false
	for k, wanted := range m.steady {
		if wanted && m.seen[k] != 1 {
			t.Fatalf("%q was there throughout and was yielded %d times", k, m.seen[k])
		}
	}
	for k, n := range m.seen {
		if n > 1 {
			t.Fatalf("%q was yielded %d times", k, n)
		}
	}
}

// Check holds after every operation.
func (m *machine) Check(t *rapid.T) {
	var bytes int64
	for _, it := range m.model {
		bytes += Cost(len(it.Key), len(it.Value))
	}
	if m.engine.Len() != len(m.model) || m.engine.Bytes() != bytes || m.mem.Used() != bytes+17 {
		t.Fatalf("%d entries of %d bytes, %d used; want %d of %d", m.engine.Len(), m.engine.Bytes(), m.mem.Used(), len(m.model), bytes)
	}
	same(t, m.engine.Snapshot(), m.model)
	same(t, m.cut, m.cutModel)
}

func same(t *rapid.T, items []Item, model map[string]Item) {
	t.Helper()
	if len(items) != len(model) {
		t.Fatalf("%d items, want %d", len(items), len(model))
	}
	for _, it := range items {
		if want, ok := model[string(it.Key)]; !ok || !equal(it, want) {
			t.Fatalf("item %+v, want %+v", it, want)
		}
	}
}

func equal(a, b Item) bool {
	return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) && a.Version == b.Version && a.Deadline == b.Deadline
}

func TestEngineAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		t.Repeat(rapid.StateMachineActions(m))
		m.engine.Clear()
		if m.mem.Used() != 17 || m.engine.Bytes() != 0 || m.engine.Len() != 0 {
			t.Fatalf("after Clear: %d used, %d bytes, %d entries", m.mem.Used(), m.engine.Bytes(), m.engine.Len())
		}
	})
}

// A scan goes on where it was when the partition has moved to another node,
// where the entries arrived in another order.
func TestScanSurvivesAMove(t *testing.T) {
	from, to := New(NewMemory(0)), New(NewMemory(0))
	for i := range 5000 {
		from.Put(Item{Key: fmt.Appendf(nil, "key-%d", i)})
	}
	items := from.Snapshot()
	slices.Reverse(items)
	for _, it := range items {
		to.Put(it)
	}
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
	e := New(NewMemory(0))
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
	a, b := New(NewMemory(0)), New(NewMemory(0))
	for i := range 1000 {
		a.Put(Item{Key: fmt.Appendf(nil, "key-%d", i)})
		b.Put(Item{Key: fmt.Appendf(nil, "key-%d", 999-i)})
	}
	if !slices.EqualFunc(a.Snapshot(), b.Snapshot(), equal) {
		t.Error("snapshots differ")
	}
}

func TestValueIsTakenOverAndOldOnesStayValid(t *testing.T) {
	e := New(NewMemory(0))
	value := []byte("old")
	e.Put(Item{Key: []byte("k"), Value: value})
	old, _ := e.Get([]byte("k"))
	if &old.Value[0] != &value[0] {
		t.Error("the value was copied")
	}
	e.Put(Item{Key: []byte("k"), Value: []byte("new")})
	e.Delete([]byte("k"))
	e.Clear()
	if string(old.Value) != "old" || string(old.Key) != "k" {
		t.Errorf("after overwriting: %q, %q", old.Key, old.Value)
	}
}

func TestEmptyEngineIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Engine{}); size > 256 {
		t.Errorf("an empty engine takes %d bytes", size)
	}
	mem := NewMemory(0)
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
	if e.entries != nil || e.order.runs != nil || e.deadlines != nil {
		t.Error("an emptied engine keeps its indexes")
	}
}

func TestReadsDoNotAllocate(t *testing.T) {
	e := New(NewMemory(0))
	k := []byte("key")
	e.Put(Item{Key: k, Value: []byte("v"), Deadline: 100})
	if n := testing.AllocsPerRun(100, func() { e.Get(k); e.Due(99, 10) }); n != 0 {
		t.Errorf("Get and Due with nothing due allocate %v times", n)
	}
	v := []byte("w")
	if n := testing.AllocsPerRun(100, func() { e.Put(Item{Key: k, Value: v, Deadline: 101}) }); n != 0 {
		t.Errorf("overwriting allocates %v times", n)
	}
}
