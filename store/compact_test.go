package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestAllowanceShrinksWithTheRoomLeft(t *testing.T) {
	for _, tt := range []struct {
		used, limit int64
		part        int64
	}{
		{0, 1000, 6}, {899, 1000, 6}, {900, 1000, 10}, {999, 1000, 10}, {1000, 1000, 16}, {5000, 1000, 16}, {0, 0, 16},
	} {
		if part, copied := allowance(tt.used, tt.limit); part != tt.part || copied < 4 {
			t.Errorf("%d of %d used: one in %d may be dead, %d copied; want %d", tt.used, tt.limit, part, copied, tt.part)
		}
	}
}

// fill writes n keys of random sizes and returns what they take, in bytes.
func fill(e *Engine, n int, random *rand.Rand) {
	value := make([]byte, 400)
	for i := range n {
		e.Put(Item{Key: fmt.Append(nil, "key", i), Value: value[:random.IntN(len(value))]})
	}
}

// What is dead stays a small part, whether entries are overwritten or deleted.
func TestDeadBytesStayFew(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, limit := range []int64{1 << 30, 1} {
		for _, n := range []int{1000, 20_000} {
			mem := NewMemory(limit)
			e := New(mem)
			check := func(when string) {
				t.Helper()
				part, _ := allowance(mem.Used(), limit)
				if gone := e.log.used - e.log.live; gone > e.log.used/part+2*largestSegment*e.log.used/(e.log.used+4*largestSegment) {
					t.Errorf("limit %d, %d keys, %s: %d of %d bytes dead", limit, n, when, gone, e.log.used)
				}
			}
			for range 5 {
				fill(e, n, random)
				check("overwritten")
			}
			for i := range n {
				if i%4 != 0 {
					e.Delete(fmt.Append(nil, "key", i))
				}
			}
			check("deleted")
			checkEngine(t, e)
			mem.Close()
		}
	}
}

// One call copies no more than DESIGN.md says, and one entry, however much there
// is to do and however large the write.
func TestAWriteCopiesNoMoreThanAStep(t *testing.T) {
	const keys, largest = 5000, 450 // bytes of an entry of fill
	for _, tt := range []struct {
		limit  int64
		copied int // bytes for each that is written
	}{{1 << 30, 4}, {1, 12}} {
		for _, size := range []int{1000, 1 << 20} { // of what is written
			most := min(tt.copied*(size+50), 64<<10)
			random := rand.New(rand.NewPCG(5, 6))
			mem := NewMemory(tt.limit)
			e := New(mem)
			fill(e, keys, random)
			s := e.Snapshot()     // nothing is compacted while it is open
			for i := range keys { // three of four anywhere: no segment is dead as a whole
				if i%4 != 0 {
					e.Put(Item{Key: fmt.Append(nil, "key", i), Value: make([]byte, random.IntN(400))})
				}
			}
			s.Close()
			e.compactor.patience = 0 // it was in vain so far
			was, top := locations(e), 0
			for i := range 20 {
				e.Put(Item{Key: []byte("large"), Value: make([]byte, size+i%2)})
				now, copied := locations(e), 0
				for key, l := range now {
					if from, ok := was[key]; ok && from != l && key != "large" {
						h, _ := parse(e.log.at(l))
						copied += h.size()
					}
				}
				if copied > most+largest {
					t.Errorf("limit %d: a write of %d bytes copies %d, at most %d are allowed", tt.limit, size, copied, most)
				}
				was, top = now, max(top, copied)
			}
			if top < most/2 {
				t.Errorf("limit %d: writes of %d bytes copy %d at most: there was nothing to do", tt.limit, size, top)
			}
			checkEngine(t, e)
			mem.Close()
		}
	}
}

// A Put adds to the account what its entry costs and, until the segment that it
// empties is given back, what compaction copies in the same call.
func TestAPutAddsItsCostAndWhatItCopies(t *testing.T) {
	const keys, largest = 5000, 450 // bytes of an entry of fill
	random := rand.New(rand.NewPCG(9, 10))
	mem := NewMemory(1) // full, so that compaction copies most
	defer mem.Close()
	e := New(mem)
	fill(e, keys, random)
	s := e.Snapshot()     // nothing is compacted while it is open
	for i := range keys { // three of four anywhere: no segment is dead as a whole
		if i%4 != 0 {
			e.Put(Item{Key: fmt.Append(nil, "key", i), Value: make([]byte, random.IntN(400))})
		}
	}
	s.Close()
	top := int64(0)
	for i := range keys / 10 {
		key, value := fmt.Append(nil, "new", i), make([]byte, random.IntN(400))
		before := e.Bytes()
		e.Put(Item{Key: key, Value: value})
		size := len(key) + len(value) + headerMost
		beyond := e.Bytes() - before - Cost(len(key), len(value))
		if most := min(12*size, copyMost) + largest; beyond > int64(most) {
			t.Errorf("a write of %d bytes adds %d more than its cost, at most %d are allowed", size, beyond, most)
		}
		top = max(top, beyond)
	}
	if top <= 0 {
		t.Error("nothing was copied")
	}
	checkEngine(t, e)
}

// locations are where the entries lie, by their keys.
func locations(e *Engine) map[string]location {
	all := make(map[string]location)
	for _, t := range e.index.all(0) {
		for _, c := range t.cells {
			if c != 0 {
				all[string(e.index.item(c).Key)] = c.location()
			}
		}
	}
	return all
}

// While a snapshot holds every segment there is nothing to gain; when it is
// closed the rest is made up for.
func TestCompactionGoesOnAfterASnapshot(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	e := newEngine(t)
	fill(e, 5000, random)
	once := e.Bytes()
	s := e.Snapshot()
	for range 3 {
		fill(e, 5000, random)
	}
	if e.Bytes() < 2*once {
		t.Errorf("%d bytes with a snapshot, %d before", e.Bytes(), once)
	}
	s.Close()
	fill(e, 5000, random)
	if e.Bytes() > once+once/2 {
		t.Errorf("%d bytes after the snapshot, %d before", e.Bytes(), once)
	}
	checkEngine(t, e)
}

func TestOverwritingInPlaceLeavesNothingDead(t *testing.T) {
	e := newEngine(t)
	for range 3 {
		for i := range 1000 {
			e.Put(Item{Key: fmt.Append(nil, i), Value: make([]byte, 100), Version: 7})
		}
		if e.log.used != e.log.live {
			t.Fatalf("%d of %d bytes dead", e.log.used-e.log.live, e.log.used)
		}
	}
}
