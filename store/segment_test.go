package store

import "testing"

func TestSegmentsGrowWithThePartition(t *testing.T) {
	for _, tt := range []struct {
		bytes   int64
		entries int
		want    int
	}{
		{0, 0, smallestSegment},
		{150, 1, smallestSegment},
		{150_000, 1000, 5 << 10},
		{1_500_000, 10_000, 16 << 10},
		{1 << 40, 10_000_000, largestSegment},
		{40_000, 8, 14 << 10},
	} {
		if got := segmentSize(tt.bytes, tt.entries); got != tt.want {
			t.Errorf("%d entries of %d bytes: %d, want %d", tt.entries, tt.bytes, got, tt.want)
		}
	}
}

// A large value has its memory to itself, and it is given back with it.
func TestLargeValuesComeAndGoByThemselves(t *testing.T) {
	e := newEngine(t)
	for _, n := range []int{aloneFrom + 1, arenaSize, 3 * arenaSize} {
		for _, k := range []string{"a", "b"} {
			e.Put(Item{Key: []byte(k), Value: make([]byte, n)})
		}
		e.Delete([]byte("a"))
		if most := int64(n + headerMost + indexShare + 10); e.Bytes() > most || e.mem.entries.handed > most+granule {
			t.Errorf("%d bytes: %d accounted, %d handed out", n, e.Bytes(), e.mem.entries.handed)
		}
	}
	s := e.Snapshot()
	e.Clear()
	if it := s.Item(0); len(it.Value) != 3*arenaSize || e.Bytes() < 3*arenaSize {
		t.Errorf("the snapshot has %d bytes of the value, %d accounted", len(it.Value), e.Bytes())
	}
	s.Close()
	if e.Bytes() != 0 || e.mem.handed() != 0 {
		t.Errorf("%d bytes, %d handed out", e.Bytes(), e.mem.handed())
	}
}
