package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Churn writes entries of which few stay: segments are emptied, begin anew, and are
// left for larger ones.
func (m *machine) Churn(t *rapid.T) {
	for range rapid.IntRange(1, 20).Draw(t, "n") {
		k, size := key(t), rapid.IntRange(60, 1000).Draw(t, "size")
		m.put(Item{Key: bytes.Clone(k), Value: bytes.Repeat([]byte{byte(size)}, size)})
		if rapid.IntRange(0, 4).Draw(t, "stays") > 0 {
			m.remove(t, k)
		}
	}
}

// SnapshotAtOnce closes one before anything is written.
func (m *machine) SnapshotAtOnce(t *rapid.T) {
	s := m.engine.Snapshot()
	same(t, s, m.model)
	s.Close()
}

// sameEntries compares what the index refers to with the model, as many as which it has.
func (m *machine) sameEntries(t *rapid.T) {
	t.Helper()
	for _, tab := range m.engine.index.all(0) {
		for _, c := range tab.cells {
			if c == 0 {
				continue
			}
			it := m.engine.index.item(c)
			if want, ok := m.model[string(it.Key)]; !ok || !equal(it, want) {
				t.Fatalf("entry %+v, want %+v", it, want)
			}
		}
	}
}

// Entries that come and go beside one that stays leave nothing behind.
func TestWhatComesAndGoesLeavesNoSegments(t *testing.T) {
	const rounds, most = 6000, 16 << 10 // bytes handed out for four entries of a kilobyte, twice over
	random := rand.New(rand.NewPCG(7, 8))
	e := newEngine(t)
	e.Put(Item{Key: []byte("stays"), Value: make([]byte, 95)})
	var others [][]byte
	for i := range rounds {
		key := fmt.Append(nil, "key", i)
		e.Put(Item{Key: key, Value: make([]byte, 60+random.IntN(941))})
		for others = append(others, key); len(others) > random.IntN(4); others = others[1:] {
			e.Delete(others[0])
		}
		if handed := e.mem.handed(); handed > most {
			t.Fatalf("round %d: %d segments for %d entries, %d bytes handed out", i, len(e.log.all), e.Len(), handed)
		}
		checkEngine(t, e)
	}
}

// The active segment begins anew when its last entry goes. Where the next one is
// longer than all of it, nothing would be appended there any more.
func TestAnEmptySegmentIsGivenBackForALongerEntry(t *testing.T) {
	for _, cut := range []bool{false, true} { // the first time round nothing is pinned
		e := newEngine(t)
		put := func(key string, n int) { e.Put(Item{Key: []byte(key), Value: make([]byte, n)}) }
		put("stays", 95)
		put("goes", 450) // does not fit behind it
		if cut {
			s := e.Snapshot()
			e.Delete([]byte("goes"))
			put("longer", 600)
			checkEngine(t, e)
			s.Close()
		} else {
			e.Delete([]byte("goes"))
			put("longer", 600)
		}
		checkEngine(t, e)
		if n := len(e.log.all); n != 2 {
			t.Errorf("snapshot %v: %d segments for two entries", cut, n)
		}
	}
}

// A segment that is kept empty goes with the partition's last entry, wherever that was.
func TestTheLastEntryTakesTheEmptySegmentWithIt(t *testing.T) {
	e := newEngine(t)
	e.Put(Item{Key: []byte("small"), Value: make([]byte, 100)})
	e.Put(Item{Key: []byte("large"), Value: make([]byte, aloneFrom+1)})
	e.Delete([]byte("small"))
	e.Delete([]byte("large"))
	if e.log.all != nil || e.mem.handed() != 0 {
		t.Errorf("%d segments, %d bytes handed out for an empty partition", len(e.log.all), e.mem.handed())
	}
}
