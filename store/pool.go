package store

import (
	"slices"
	"sync"
)

// keepFree is the least of what may lie free and keep its memory, in bytes;
// beyond it that may be a part of keepPart of what is handed out. It spares
// the system calls of a store that gives back as much as it takes.
const (
	keepFree = 1 << 20
	keepPart = 32
)

// chunk is a piece of mapped memory, a multiple of the granule long and
// aligned to it.
type chunk struct {
	data  []byte
	arena uint32 // its index plus one; 0: it is larger than one, and a mapping of its own
}

// pool hands out chunks from arenas and gives arenas, or pages of them, back
// to the system. Safe for concurrent use.
type pool struct {
	mu     sync.Mutex
	arenas []*arena // nil where one was given back
	// room bounds the longest free run of each arena, in granules, so that the
	// search for one does not touch those that are full.
	room   []uint16
	idle   int              // arenas without any chunk
	apart  map[*byte][]byte // the mappings of chunks larger than an arena
	handed int64            // bytes in chunks
	dirty  int64            // the sum of the arenas' dirty
	hand   int              // the arena whose pages were dropped last
}

// take returns a chunk of n bytes, rounded up to granules. What is in it is
// anything.
func (p *pool) take(bytes int) chunk {
	n := (bytes + granule - 1) / granule
	size := n * granule
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handed += int64(size)
	if n > arenaGranules {
		return p.mapLocked(size)
	}
	i, at := p.findLocked(n)
	a := p.arenas[i]
	if a.taken == n {
		p.idle--
	}
	return chunk{data: a.data[at*granule : at*granule+size : at*granule+size], arena: uint32(i + 1)}
}

// mapLocked makes a chunk that is a mapping of its own.
func (p *pool) mapLocked(size int) chunk {
	page := pageSize()
	data := mapPages((size + page - 1) / page * page)
	if p.apart == nil {
		p.apart = make(map[*byte][]byte)
	}
	p.apart[&data[0]] = data
	return chunk{data: data[:size:size]}
}

// findLocked takes n granules from the first arena that has them: so the last
// arenas become free as a whole, in time.
func (p *pool) findLocked(n int) (arena, at int) {
	for i, room := range p.room {
		if int(room) < n {
			continue
		}
		before := p.arenas[i].dirty
		at, longest, ok := p.arenas[i].take(n)
		p.dirty += int64(p.arenas[i].dirty - before)
		if ok {
			return i, at
		}
		p.room[i] = uint16(longest)
	}
	i := slices.Index(p.arenas, nil)
	if i < 0 {
		i = len(p.arenas)
		p.arenas, p.room = append(p.arenas, nil), append(p.room, 0)
	}
	p.arenas[i], p.room[i] = newArena(), arenaGranules
	p.idle++
	at, _, _ = p.arenas[i].take(n)
	return i, at
}

// give takes a chunk back: nobody may read it any more.
func (p *pool) give(c chunk) {
	if poison {
		for i := range c.data {
			c.data[i] = 0xdb
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handed -= int64(len(c.data))
	if c.arena == 0 {
		first := &c.data[0]
		unmapPages(p.apart[first])
		delete(p.apart, first)
		return
	}
	i := int(c.arena - 1)
	a := p.arenas[i]
	run := a.give(offset(a.data, c.data)/granule, len(c.data)/granule)
	p.room[i] = max(p.room[i], uint16(run))
	p.dirty += int64(len(c.data))
	if a.taken == 0 {
		// One is kept: a store that goes empty again and again need not ask the
		// system each time.
		if p.idle++; p.idle > 1 {
			p.unmapLocked(i)
		}
	}
	if p.dirty > max(keepFree, p.handed/keepPart) {
		p.dropLocked()
	}
}

func (p *pool) unmapLocked(i int) {
	p.dirty -= int64(p.arenas[i].dirty)
	unmapPages(p.arenas[i].data)
	p.arenas[i], p.room[i] = nil, 0
	p.idle--
}

// dropLocked gives the free pages of one arena back to the system: the next
// one for which that is worth the calls, if there is one among a few.
func (p *pool) dropLocked() {
	for range min(len(p.arenas), 64) {
		p.hand = (p.hand + 1) % len(p.arenas)
		if a := p.arenas[p.hand]; a != nil && a.dirty >= arenaSize/keepPart/2 {
			p.dirty -= int64(a.dirty)
			a.drop(pageSize())
			return
		}
	}
}

// close gives everything back to the system, whoever holds chunks.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.arenas {
		if a != nil {
			unmapPages(a.data)
		}
	}
	for _, data := range p.apart {
		unmapPages(data)
	}
	p.arenas, p.room, p.apart = nil, nil, nil
	p.idle, p.handed, p.dirty, p.hand = 0, 0, 0, 0
}
