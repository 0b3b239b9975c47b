package store

import (
	"math/bits"
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
	arena *arena // nil: it is larger than an arena, and a mapping of its own
}

// pool hands out chunks from arenas and gives arenas, or pages of them, back
// to the system. Safe for concurrent use.
type pool struct {
	mu     sync.Mutex
	arenas []*arena // nil where one was given back
	// open[k] has a bit for each arena with a free block of order k, so that
	// the search for one does not touch the arenas.
	open   [top + 1][]uint64
	idle   *arena           // one without any chunk, kept for the next
	apart  map[*byte][]byte // the mappings of chunks larger than an arena
	handed int64            // bytes in chunks
	dirty  int64            // the sum of the arenas' dirty
	hand   int              // the arena whose pages may be dropped next
	page   int
}

// take returns a chunk of at least n bytes, and less than a granule more. What
// is in it is anything.
func (p *pool) take(n int) chunk {
	n = (n + granule - 1) &^ (granule - 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handed += int64(n)
	if n > arenaSize {
		page := pageSize()
		data := mapPages((n + page - 1) &^ (page - 1))
		if p.apart == nil {
			p.apart = make(map[*byte][]byte)
		}
		p.apart[&data[0]] = data
		return chunk{data: data[:n:n]}
	}
	a, from := p.findLocked(order(n / granule))
	before := a.dirty
	at := a.take(n/granule, from) * granule
	p.dirty += int64(a.dirty - before)
	p.noteLocked(a)
	if a == p.idle {
		p.idle = nil
	}
	return chunk{data: a.data[at : at+n : at+n], arena: a}
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
	if c.arena == nil {
		first := &c.data[0]
		unmapPages(p.apart[first])
		delete(p.apart, first)
		return
	}
	a := c.arena
	a.give(offset(a.data, c.data)/granule, len(c.data)/granule)
	p.dirty += int64(len(c.data))
	p.noteLocked(a)
	if a.taken == 0 {
		p.retireLocked(a)
	}
	if p.dirty > max(keepFree, p.handed/keepPart) {
		p.dropLocked()
	}
}

// findLocked returns an arena with a free block of order k or more, and the
// order of the block. A small block is preferred to a large one, and the
// first arena to the last, so that some arena becomes free as a whole.
func (p *pool) findLocked(k int) (a *arena, from int) {
	for from := k; from <= top; from++ {
		for w, word := range p.open[from] {
			if word != 0 {
				return p.arenas[w*64+bits.TrailingZeros64(word)], from
			}
		}
	}
	i := 0
	for i < len(p.arenas) && p.arenas[i] != nil {
		i++
	}
	if i == len(p.arenas) {
		p.arenas = append(p.arenas, nil)
		if i%64 == 0 {
			for k := range p.open {
				p.open[k] = append(p.open[k], 0)
			}
		}
	}
	p.arenas[i] = newArena(i)
	p.noteLocked(p.arenas[i])
	return p.arenas[i], top
}

// noteLocked writes down which free blocks an arena has.
func (p *pool) noteLocked(a *arena) { p.markLocked(a.index, a.orders()) }

func (p *pool) markLocked(arena int, orders uint) {
	w, bit := arena/64, uint64(1)<<(arena%64)
	for k := range p.open {
		if orders&(1<<k) != 0 {
			p.open[k][w] |= bit
		} else {
			p.open[k][w] &^= bit
		}
	}
}

// retireLocked gives back an arena without chunks, but for one: a store that
// goes empty again and again need not ask the system each time.
func (p *pool) retireLocked(a *arena) {
	if p.idle == nil || p.idle == a {
		p.idle = a
		return
	}
	p.unmapLocked(a)
}

func (p *pool) unmapLocked(a *arena) {
	p.dirty -= int64(a.dirty)
	p.markLocked(a.index, 0)
	p.arenas[a.index] = nil
	unmapPages(a.data)
}

// dropLocked gives the free pages of one arena back to the system: the next
// one for which that is worth the calls, if there is one among a few.
func (p *pool) dropLocked() {
	if p.page == 0 {
		p.page = pageSize()
	}
	for range min(len(p.arenas), 64) {
		p.hand = (p.hand + 1) % len(p.arenas)
		if a := p.arenas[p.hand]; a != nil && a.dirty >= arenaSize/keepPart/2 {
			p.dirty -= int64(a.dirty)
			a.drop(p.page)
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
	p.arenas, p.open, p.idle, p.apart = nil, [top + 1][]uint64{}, nil, nil
	p.handed, p.dirty, p.hand = 0, 0, 0
}
