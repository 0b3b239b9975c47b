package store

import (
	"math"
	"math/bits"
	"slices"
)

// Sizes in bytes.
const (
	smallestSegment = 512
	largestSegment  = 128 << 10
	// An entry lies in a segment of its own, cut to its size, when it is longer
	// than aloneFrom, and in a small partition when two of it would not fit into
	// a segment: so that large values come and go by themselves.
	aloneFrom      = 16 << 10
	aloneFromSmall = 1 << 10
)

// segment is a chunk that entries are appended to. It is never shortened, but
// begins anew when no entry of it is left.
type segment struct {
	base location
	size uint32
	used uint32 // bytes appended
	live uint32 // bytes of entries that are in the index
	pins uint32 // snapshots and holds that may read it
}

// segments is a partition's log. Entries are appended to the active segment; a
// segment is given back when it has no live entry and no snapshot needs it.
// Nothing here is a pointer, so that the collector looks at none of it.
type segments struct {
	mem     *Memory
	all     []segment // by base
	active  int       // an index of all; -1: none
	used    int64     // bytes appended, of all segments
	live    int64     // bytes of live entries
	entries int       // how many those are
}

// at is what lies at a location and behind it.
func (s *segments) at(l location) []byte { return s.mem.entries.at(l) }

// of is the index of the segment that a location is in.
func (s *segments) of(l location) int {
	low, high := 0, len(s.all)
	for low < high {
		if mid := int(uint(low+high) >> 1); s.all[mid].base <= l {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1
}

// segmentSize is the size of the next segment of a partition with n entries of
// so many bytes. With segments of s bytes half of one is not filled yet, and
// half an entry is left over at the end of each other: the sum is least where s
// is the geometric mean of an entry and all of them, bytes/sqrt(n). There are
// few sizes, so that one segment fits where another was.
func segmentSize(bytes int64, n int) int {
	size := min(max(int(float64(bytes)/math.Sqrt(float64(max(n, 1)))), smallestSegment), largestSegment)
	step := 1 << bits.Len(uint(size-1)) / 8
	return (size + step - 1) / step * step
}

// room makes room for an entry of n bytes and returns where. The entry counts
// as live. What earlier calls of at returned stays valid, but for dead entries.
func (s *segments) room(n int) (location, []byte) {
	i := s.active
	if i < 0 || n > aloneFromSmall || int(s.all[i].size-s.all[i].used) < n {
		switch size := segmentSize(s.live, s.entries); {
		case n > aloneFrom || n > aloneFromSmall && 2*n > size:
			i = s.open(n)
		case i < 0 || int(s.all[i].size-s.all[i].used) < n:
			// A tail that is too short is left behind, on the average half an
			// entry in a segment.
			if i >= 0 {
				s.active = -1
				s.settle(i) // it may be all tail, kept empty to be filled again
			}
			i = s.open(max(size, n))
			s.active = i
		}
	}
	seg := &s.all[i]
	l := seg.base + location(seg.used)
	seg.used += uint32(n)
	seg.live += uint32(n)
	s.used += int64(n)
	s.live += int64(n)
	s.entries++
	return l, s.at(l)[:n]
}

// open makes a segment of n bytes or a little more and returns its index.
func (s *segments) open(n int) int {
	base := s.mem.entries.take(n)
	i := s.of(base) + 1
	if len(s.all) == cap(s.all) {
		s.all = append(make([]segment, 0, len(s.all)+len(s.all)/8+2), s.all...)
	}
	s.all = slices.Insert(s.all, i, segment{base: base, size: uint32(granules(n) * granule)})
	if len(s.all) == 1 {
		s.active = -1
	} else if i <= s.active {
		s.active++
	}
	return i
}

// kill marks the entry of n bytes at l as dead. It must be live.
func (s *segments) kill(l location, n int) {
	i := s.of(l)
	s.at(l)[0] |= dead
	s.all[i].live -= uint32(n)
	s.live -= int64(n)
	s.entries--
	s.settle(i)
	if s.live == 0 && s.active >= 0 {
		s.settle(s.active) // it was kept for what would follow
	}
}

// settle gives the segment i back when nobody needs it, and reports whether it
// has.
func (s *segments) settle(i int) bool {
	seg := &s.all[i]
	switch {
	case seg.live > 0 || seg.pins > 0:
		return false
	case i == s.active && s.live > 0:
		// It will be filled again.
		s.used -= int64(seg.used)
		seg.used = 0
		return false
	}
	s.used -= int64(seg.used)
	s.mem.entries.give(seg.base, int(seg.size))
	s.all = slices.Delete(s.all, i, i+1)
	if i < s.active {
		s.active--
	} else if i == s.active {
		s.active = -1
	}
	if len(s.all) == 0 {
		*s = segments{mem: s.mem, active: -1}
	}
	return true
}

// pinned reports whether a snapshot may read what is at a location.
func (s *segments) pinned(l location) bool { return s.all[s.of(l)].pins > 0 }

// pin keeps all segments, with what is in them now, until unpin has been
// called with them.
func (s *segments) pin() (bases []location) {
	bases = make([]location, len(s.all))
	for i := range s.all {
		s.all[i].pins++
		bases[i] = s.all[i].base
	}
	return bases
}

func (s *segments) unpin(bases []location) {
	for _, base := range bases {
		i := s.of(base)
		s.all[i].pins--
		s.settle(i)
	}
}

// clear kills all entries at once, without marking them: nothing may be
// appended to a segment that a snapshot keeps, or compaction would take them
// for live ones.
func (s *segments) clear() {
	s.live, s.entries, s.active = 0, 0, -1
	for i := 0; i < len(s.all); {
		s.all[i].live = 0
		if !s.settle(i) {
			i++
		}
	}
}
