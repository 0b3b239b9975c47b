package store

import (
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// keepFree is the least of what may lie free and keep its memory, in bytes;
// beyond it that may be one in keepPart bytes handed out. It spares the system
// calls of a store that gives back as much as it takes.
const (
	keepFree = 1 << 20
	keepPart = 8
)

// location says where in a pool a byte lies: in which region, and the offset in
// it. 0 is nowhere.
type location uint64

const (
	offsetBits   = 21 // of an arena; in a larger region only the beginning can be named
	regionBits   = 18
	locationBits = offsetBits + regionBits
)

func (l location) region() int { return int(l >> offsetBits) }

func (l location) offset() int { return int(l & (1<<offsetBits - 1)) }

// pool hands out chunks of mapped memory, in granules, and gives what is free
// back to the system. Safe for concurrent use.
type pool struct {
	// regions are the mappings by number, 0 is none. Whoever has a chunk may
	// read the one that it is in without the lock: the list is replaced when it
	// grows, and an element is changed only while nobody has a chunk there.
	regions atomic.Pointer[[][]byte]

	// hugeFrom is from how many arenas of small chunks on they are made of huge
	// pages: few could be used in small part and cost the whole.
	hugeFrom int

	mu     sync.Mutex
	arenas []*arena // by number; nil: there is no region, or one of a single chunk
	kinds  [2]kind
	handed int64 // bytes in chunks
	dirty  int   // the sum of the arenas' dirty
	hand   int   // the arena whose pages were dropped last
}

// Large chunks have arenas of their own. What one of a megabyte leaves free
// behind it no second fits into; pages that nobody touched cost nothing, but a
// huge page would cost all of it.
const (
	smallChunks = iota
	largeChunks // longer than any segment of several entries
)

// kind is the arenas of small or of large chunks.
type kind struct {
	// room bounds the longest free run of each, in granules, by the arenas'
	// numbers, so that the search for one does not touch those that are full; 0
	// for those of the other kind.
	room  []uint16
	count int
	idle  int // without any chunk
}

// kindOf is that of a chunk of n granules.
func kindOf(n int) int {
	if n > largestSegment/granule {
		return largeChunks
	}
	return smallChunks
}

// granules is how many of them n bytes take.
func granules(n int) int { return (n + granule - 1) / granule }

// at is the memory from a location on, to the end of its region. The caller
// must have the chunk there.
func (p *pool) at(l location) []byte { return (*p.regions.Load())[l.region()][l.offset():] }

// take hands out a chunk of n bytes, rounded up to granules. What is in it is
// anything.
func (p *pool) take(bytes int) location {
	n := granules(bytes)
	var own []byte
	if n > arenaGranules {
		// Before the lock, as give unmaps behind it: the system lets no one map while
		// another unmaps, and all engines of the node may want a chunk meanwhile.
		page := pageSize()
		own = mapPages((n*granule + page - 1) / page * page)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handed += int64(n * granule)
	if own != nil {
		return location(p.addLocked(own, nil)) << offsetBits
	}
	i, at := p.findLocked(n)
	if a := p.arenas[i]; a.taken == n {
		k := kindOf(n)
		p.kinds[k].idle--
		if k == smallChunks && p.kinds[k].count > p.hugeFrom {
			a.enlarge()
		}
	}
	return location(i)<<offsetBits | location(at*granule)
}

// give takes back a chunk that was taken with so many bytes. Nobody may read it
// any more.
func (p *pool) give(l location, bytes int) {
	n := granules(bytes)
	if poison {
		spoil(p.at(l)[:n*granule])
	}
	if free := p.takeBack(l, n); free != nil {
		unmapPages(free) // milliseconds for a large value: not under the lock
	}
}

// takeBack is give, but for the region that has become free with the chunk: nothing
// names that any more, and the caller unmaps it.
func (p *pool) takeBack(l location, n int) (free []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handed -= int64(n * granule)
	i := l.region()
	a := p.arenas[i]
	if a == nil {
		return p.removeLocked(i)
	}
	k := &p.kinds[kindOf(n)]
	run := a.give(l.offset()/granule, n)
	k.room[i] = max(k.room[i], uint16(run))
	p.dirty += n
	if a.taken == 0 {
		// One is kept: a store that goes empty again and again need not ask the
		// system each time.
		if k.idle++; k.idle > 1 {
			k.idle--
			k.count--
			k.room[i] = 0
			p.dirty -= a.dirty
			free = p.removeLocked(i)
		}
	}
	if int64(p.dirty)*granule > max(keepFree, p.handed/keepPart) {
		p.dropLocked()
	}
	return free
}

// spoil overwrites what nobody may read any more.
func spoil(data []byte) {
	for i := range data {
		data[i] = 0xdb
	}
}

// findLocked takes n granules from the first arena of the kind that has them: so
// the last arenas become free as a whole, in time.
func (p *pool) findLocked(n int) (region, at int) {
	k := &p.kinds[kindOf(n)]
	for i, room := range k.room {
		if int(room) < n {
			continue
		}
		a := p.arenas[i]
		before := a.dirty
		at, longest, ok := a.take(n)
		p.dirty += a.dirty - before
		if ok {
			return i, at
		}
		k.room[i] = uint16(longest)
	}
	a := newArena()
	if kindOf(n) == largeChunks {
		a.shrink()
	}
	i := p.addLocked(a.data, a)
	for len(k.room) <= i {
		k.room = append(k.room, 0)
	}
	k.room[i] = arenaGranules
	k.count++
	k.idle++
	at, _, _ = a.take(n)
	return i, at
}

// addLocked gives a region a number.
func (p *pool) addLocked(data []byte, a *arena) int {
	var regions [][]byte
	if list := p.regions.Load(); list != nil {
		regions = *list
	} else {
		regions = make([][]byte, 1, 8)
	}
	i := 1
	for i < len(regions) && regions[i] != nil {
		i++
	}
	if i == len(regions) {
		if i == 1<<regionBits {
			panic("store: more than 250,000 regions of memory")
		}
		regions = append(slices.Clone(regions), nil)
		p.regions.Store(&regions)
	}
	regions[i] = data
	for len(p.arenas) <= i {
		p.arenas = append(p.arenas, nil)
	}
	p.arenas[i] = a
	return i
}

// size is that of all regions.
func (p *pool) size() (bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if list := p.regions.Load(); list != nil {
		for _, data := range *list {
			bytes += int64(len(data))
		}
	}
	return bytes
}

// removeLocked takes the number of a region away, which another may have at once, and
// returns the region.
func (p *pool) removeLocked(i int) []byte {
	regions := *p.regions.Load()
	data := regions[i]
	regions[i], p.arenas[i] = nil, nil
	return data
}

// dropLocked gives the free pages of one arena back to the system: the next
// one for which that is worth the calls, if there is one among a few.
func (p *pool) dropLocked() {
	for range min(len(p.arenas), 64) {
		p.hand = (p.hand + 1) % len(p.arenas)
		if a := p.arenas[p.hand]; a != nil && a.dirty >= arenaGranules/keepPart/2 {
			p.dirty -= a.dirty
			a.drop(pageSize())
			return
		}
	}
}

// close gives everything back to the system, whoever has chunks.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if list := p.regions.Swap(nil); list != nil {
		for _, data := range *list {
			if data != nil {
				unmapPages(data)
			}
		}
	}
	p.arenas, p.kinds = nil, [2]kind{}
	p.handed, p.dirty, p.hand = 0, 0, 0
}

// cellsAt is a chunk as so many cells.
func (p *pool) cellsAt(l location, n int) []cell {
	data := p.at(l)[:n*8]
	return unsafe.Slice((*cell)(unsafe.Pointer(&data[0])), n)
}
