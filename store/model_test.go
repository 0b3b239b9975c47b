package store

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"
)

// machine runs random operations on an engine and on a plain map.
type machine struct {
	mem    *Memory
	engine *Engine
	model  map[string]Item
	// versions number the writes.
	version uint64

	// cuts are open snapshots and what the model was at their time.
	cuts []cut
	// holds are open holds and what they hold.
	holds []heldItem

	// A scan in progress: steady are the keys that were there from its
	// beginning on, seen those that it has yielded.
	scanning bool
	cursor   uint64
	prefix   []byte
	steady   map[string]bool
	seen     map[string]int
}

type cut struct {
	snapshot *Snapshot
	model    map[string]Item
}

type heldItem struct {
	it, want Item
	held     Hold
}

func newMachine(limit int64) *machine {
	mem := NewMemory(limit)
	mem.Force(17) // somebody else's
	return &machine{mem: mem, engine: New(mem), model: map[string]Item{}}
}

func key(t *rapid.T) []byte {
	return fmt.Appendf(nil, "%c%d", rapid.RuneFrom([]rune("ab")).Draw(t, "letter"), rapid.IntRange(0, 60).Draw(t, "key"))
}

// value draws lengths on all sides of what the segments distinguish.
func value(t *rapid.T) []byte {
	n := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 300), rapid.IntRange(400, 1000), rapid.SampledFrom([]int{1 << 10, 5000, 20 << 10, arenaSize - 10, arenaSize + 1})).Draw(t, "length")
	return bytes.Repeat([]byte{rapid.Byte().Draw(t, "value")}, n)
}

func deadline(t *rapid.T) Instant {
	return Instant(rapid.SampledFrom([]int64{0, 0, 5, 10, 15, 20}).Draw(t, "deadline"))
}

func (m *machine) put(it Item) {
	m.version++
	it.Version = m.version << versionShift(m.version)
	own := it
	own.Key, own.Value = bytes.Clone(it.Key), bytes.Clone(it.Value)
	m.model[string(own.Key)] = own
	m.engine.Put(it)
	clear(it.Key) // the engine has its own
	clear(it.Value)
}

// versionShift makes versions of all lengths.
func versionShift(n uint64) uint64 { return n % 8 * 7 }

func (m *machine) Put(t *rapid.T) {
	m.put(Item{Key: key(t), Value: value(t), Deadline: deadline(t)})
}

// PutMany makes the engine large enough that its tables split.
func (m *machine) PutMany(t *rapid.T) {
	n := rapid.IntRange(1, 1500).Draw(t, "n")
	size := rapid.IntRange(0, 100).Draw(t, "size")
	for i := range n {
		m.put(Item{Key: fmt.Appendf(nil, "many%d", i), Value: bytes.Repeat([]byte{byte(i)}, i*7919%(size+1)), Deadline: Instant(i % 3 * 8)})
	}
}

func (m *machine) Copy(t *rapid.T) {
	from, to := key(t), key(t)
	if rapid.Bool().Draw(t, "itself") {
		to = from
	}
	m.version++
	it := Item{Key: to, Version: m.version << versionShift(m.version), Deadline: deadline(t)}
	source, want := m.model[string(from)]
	if got := m.engine.Copy(from, it); got != want {
		t.Fatalf("Copy(%q) = %v, want %v", from, got, want)
	}
	if want {
		it.Key, it.Value = bytes.Clone(to), bytes.Clone(source.Value)
		m.model[string(to)] = it
	}
}

func (m *machine) DeleteMany(t *rapid.T) {
	left := rapid.SampledFrom([]int{0, 1, 20, 400}).Draw(t, "left")
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

// Fetch is a hint: Check sees that it has changed nothing.
func (m *machine) Fetch(t *rapid.T) {
	h := Hash(key(t))
	m.engine.FetchCell(h)
	m.engine.FetchEntry(h)
}

func (m *machine) Clear(t *rapid.T) {
	m.engine.Clear()
	clear(m.model)
	clear(m.steady)
}

func (m *machine) Snapshot(t *rapid.T) {
	m.cuts = append(m.cuts, cut{m.engine.Snapshot(), maps.Clone(m.model)})
}

func (m *machine) CloseSnapshot(t *rapid.T) {
	if len(m.cuts) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.cuts)-1).Draw(t, "cut")
	m.cuts[i].snapshot.Close()
	m.cuts[i].snapshot.Close() // does nothing
	m.cuts = slices.Delete(m.cuts, i, i+1)
}

func (m *machine) Hold(t *rapid.T) {
	k := key(t)
	it, held, found := m.engine.Hold(k)
	want, ok := m.model[string(k)]
	if found != ok {
		t.Fatalf("Hold(%q) = %v, want %v", k, found, ok)
	}
	if found {
		m.holds = append(m.holds, heldItem{it, want, held})
	}
}

func (m *machine) CloseHold(t *rapid.T) {
	if len(m.holds) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.holds)-1).Draw(t, "hold")
	m.holds[i].held.Close()
	m.holds = slices.Delete(m.holds, i, i+1)
}

// Due finds everything in as many calls as it takes.
func (m *machine) Due(t *rapid.T) {
	now := Instant(rapid.SampledFrom([]int64{1, 5, 7, 16, 30}).Draw(t, "now"))
	limit := rapid.IntRange(1, 300).Draw(t, "limit")
	want := 0
	for _, it := range m.model {
		if it.Expired(now) {
			want++
		}
	}
	found := map[string]bool{}
	for range 2 * (len(m.model)/min(limit, 100) + 2) {
		got := m.engine.Due(now, limit)
		if len(got) > limit {
			t.Fatalf("%d items, limit %d", len(got), limit)
		}
		unique := map[string]bool{}
		for _, it := range got {
			unique[string(it.Key)], found[string(it.Key)] = true, true
			if is := m.model[string(it.Key)]; !it.Expired(now) || it.Version != is.Version || it.Deadline != is.Deadline {
				t.Fatalf("due: %+v, the entry is %+v", it, is)
			}
		}
		if len(unique) != len(got) {
			t.Fatalf("due twice in one call: %+v", got)
		}
		if len(got) == 0 && want > 0 {
			t.Fatalf("nothing due, want some of %d", want)
		}
	}
	if len(found) != want {
		t.Fatalf("%d items due, want %d", len(found), want)
	}
}

// Expire does what a primary does.
func (m *machine) Expire(t *rapid.T) {
	now := Instant(rapid.SampledFrom([]int64{5, 10, 15}).Draw(t, "now"))
	for {
		due := m.engine.Due(now, 100)
		if len(due) == 0 {
			break
		}
		for _, it := range due {
			m.remove(t, it.Key)
		}
	}
	for _, it := range m.model {
		if it.Expired(now) {
			t.Fatalf("%+v was never due", it)
		}
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
	yielded, last := 0, uint64(0)
	next := m.engine.Scan(m.cursor, m.prefix, limit, func(it Item) {
		yielded++
		m.seen[string(it.Key)]++
		if !bytes.HasPrefix(it.Key, m.prefix) || !equal(it, m.model[string(it.Key)]) {
			t.Fatalf("Scan of %q yields %+v", m.prefix, it)
		}
		h := xxhash.Sum64(it.Key)
		if h < last || h < m.cursor {
			t.Fatalf("Scan from %d yields hash %d behind %d", m.cursor, h, last)
		}
		last = h
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

func (m *machine) Tick(*rapid.T) { m.mem.Tick() }

func (m *machine) Coldest(t *rapid.T) {
	n := rapid.IntRange(1, 10).Draw(t, "n")
	it, ticks, ok := m.engine.Coldest(rapid.Uint64().Draw(t, "random"), n)
	if ok != (len(m.model) > 0) || ok && !equal(it, m.model[string(it.Key)]) {
		t.Fatalf("Coldest = %+v, %d, %v", it, ticks, ok)
	}
}

// Check holds after every operation, and changes nothing: a snapshot would settle
// every segment, and end what compaction is about.
func (m *machine) Check(t *rapid.T) {
	if m.engine.Len() != len(m.model) || m.mem.Used() != m.engine.Bytes()+17 {
		t.Fatalf("%d entries of %d bytes, %d used; want %d entries", m.engine.Len(), m.engine.Bytes(), m.mem.Used(), len(m.model))
	}
	checkEngine(t, m.engine)
	m.sameEntries(t)
	for _, c := range m.cuts {
		same(t, c.snapshot, c.model)
	}
	for _, h := range m.holds {
		h.same(t)
	}
}

func (h heldItem) same(t *rapid.T) {
	t.Helper()
	if !equal(h.it, h.want) {
		t.Fatalf("a held item is %+v, want %+v", h.it, h.want)
	}
}

func same(t *rapid.T, s *Snapshot, model map[string]Item) {
	t.Helper()
	if s.Len() != len(model) {
		t.Fatalf("%d items, want %d", s.Len(), len(model))
	}
	for i := range s.Len() {
		it := s.Item(i)
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
		m := newMachine(rapid.SampledFrom([]int64{0, 50 << 10, 1 << 40}).Draw(t, "limit"))
		defer m.mem.Close()
		t.Repeat(rapid.StateMachineActions(m))
		m.engine.Clear()
		for _, c := range m.cuts {
			same(t, c.snapshot, c.model)
			c.snapshot.Close()
		}
		for _, h := range m.holds {
			h.same(t)
			h.held.Close()
		}
		if m.mem.Used() != 17 || m.engine.Bytes() != 0 || m.engine.Len() != 0 || m.mem.handed() != 0 {
			t.Fatalf("after Clear: %d used, %d bytes, %d entries, %d handed out", m.mem.Used(), m.engine.Bytes(), m.engine.Len(), m.mem.handed())
		}
	})
}
