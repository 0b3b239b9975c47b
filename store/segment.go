package store

import (
	"math"
	"math/bits"
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

// location says where an entry lies: its segment, and the offset in it.
// Bits from low to high: offset 17, segment 22. 0 is nowhere.
type location uint64

const (
	offsetBits   = 17
	segmentBits  = 22
	locationBits = offsetBits + segmentBits
)

func (l location) segment() uint32 { return uint32(l >> offsetBits) }

func (l location) offset() int { return int(l & (1<<offsetBits - 1)) }

// segment is a chunk that entries are appended to. It is never shortened, but
// begins anew when no entry of it is left.
type segment struct {
	chunk
	used uint32 // bytes appended; of a vacant number: the next vacant one
	live uint32 // bytes of entries that are in the index
	pins uint32 // snapshots that may read it
}

// segments is a partition's log. Entries are appended to the active segment; a
// segment is given back when it has no live entry and no snapshot needs it.
type segments struct {
	mem    *Memory
	all    []segment // by number; 0 is none
	vacant uint32    // a number without a segment; 0: all have one
	active uint32    // 0: none
	used   int64     // bytes appended, of all segments
	live   int64     // bytes of live entries
	// entries is how many those are.
	entries int
}

// at is what lies at a location and behind it.
func (s *segments) at(l location) []byte {
	seg := &s.all[l.segment()]
	return seg.data[l.offset():seg.used]
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
// as live. What earlier calls of at returned stays valid.
func (s *segments) room(n int) (location, []byte) {
	size := segmentSize(s.live, s.entries)
	id := s.active
	switch {
	case n > aloneFrom || n > aloneFromSmall && 2*n > size:
		id = s.open(n)
	case id == 0 || len(s.all[id].data)-int(s.all[id].used) < n:
		// A tail that is too short is left behind, on the average half an
		// entry in a segment.
		id = s.open(max(size, n))
		s.active = id
	}
	seg := &s.all[id]
	at := seg.used
	seg.used += uint32(n)
	seg.live += uint32(n)
	s.used += int64(n)
	s.live += int64(n)
	s.entries++
	return location(id)<<offsetBits | location(at), seg.data[at:seg.used]
}

// open makes a segment of n bytes or a little more.
func (s *segments) open(n int) uint32 {
	id := s.vacant
	switch {
	case id != 0:
		s.vacant = s.all[id].used
	case len(s.all) == 0:
		s.all = make([]segment, 2)
		id = 1
	case len(s.all) == 1<<segmentBits:
		panic("store: a partition of more than four million segments")
	default:
		if id = uint32(len(s.all)); len(s.all) == cap(s.all) {
			s.all = append(make([]segment, 0, id+id/8+2), s.all...)
		}
		s.all = s.all[:id+1]
	}
	s.all[id] = segment{chunk: s.mem.entries.take(n)}
	return id
}

// kill marks the entry of n bytes at l as dead. It must be live.
func (s *segments) kill(l location, n int) {
	id := l.segment()
	seg := &s.all[id]
	seg.data[l.offset()] |= dead
	seg.live -= uint32(n)
	s.live -= int64(n)
	s.entries--
	s.settle(id)
}

// settle gives a segment back when nobody needs it.
func (s *segments) settle(id uint32) {
	seg := &s.all[id]
	switch {
	case seg.live > 0 || seg.pins > 0:
	case id == s.active && s.live > 0:
		// It will be filled again.
		s.used -= int64(seg.used)
		seg.used = 0
	default:
		s.close(id)
	}
}

func (s *segments) close(id uint32) {
	seg := &s.all[id]
	s.used -= int64(seg.used)
	if id == s.active {
		s.active = 0
	}
	s.mem.entries.give(seg.chunk)
	*seg = segment{used: s.vacant}
	s.vacant = id
}

// pin keeps all segments, with what is in them now, until unpin has been
// called for each.
func (s *segments) pin() (ids []uint32) {
	for id := range s.all {
		if seg := &s.all[id]; seg.data != nil {
			seg.pins++
			ids = append(ids, uint32(id))
		}
	}
	return ids
}

func (s *segments) unpin(ids []uint32) {
	for _, id := range ids {
		s.all[id].pins--
		s.settle(id)
	}
	s.shrink()
}

// clear kills all entries at once, without marking them: nothing may be
// appended to a segment that a snapshot keeps, or compaction would take them
// for live ones.
func (s *segments) clear() {
	s.live, s.entries = 0, 0
	for id := range s.all {
		if seg := &s.all[id]; seg.data != nil {
			seg.live = 0
			s.settle(uint32(id))
		}
	}
	s.active = 0
	s.shrink()
}

// shrink forgets the numbers when no segment is left.
func (s *segments) shrink() {
	if s.used == 0 && s.active == 0 {
		*s = segments{mem: s.mem}
	}
}
