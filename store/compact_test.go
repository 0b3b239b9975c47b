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

// What is dead stays a small part, whether entries are overwritten or deleted,
// and one call copies no more than a step.
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
