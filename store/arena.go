package store

import "math/bits"

const (
	// granule is the unit of a chunk's size, in bytes.
	granule = 128
	// arenaSize is what is mapped at a time, in bytes: little enough for a
	// 32-bit address space, and a chunk may be as large.
	arenaSize = 1 << 20
	leaves    = arenaSize / granule
	// A block of order k has 1<<k granules; the arena is one of order top.
	top = 13
)

// arena is a mapped region that is handed out in runs of granules: a buddy
// system whose blocks are cut to size. A block of a power of two is taken, and
// what the run does not need of it is given back as smaller blocks at once.
// Neighbours that are both free become one block again.
//
// It keeps all its notes outside the region, so that free pages are never
// touched and can be given back to the system.
type arena struct {
	data  []byte
	index int // in pool.arenas
	// free has a bit for each free block, numbered as in a binary heap: the
	// whole arena is 1, the halves of block n are 2n and 2n+1. Of a block and
	// those within it and around it at most one is set.
	free  [2 * leaves / 64]uint64
	count [top + 1]uint16 // of free blocks, by order
	taken int             // granules handed out
	// dirty bounds the bytes that are free and may still hold memory.
	dirty int
}

func newArena(index int) *arena {
	a := &arena{data: mapPages(arenaSize), index: index}
	a.set(1, top)
	return a
}

// block is the number of the block of order k that begins at a granule.
func block(at, k int) int { return (leaves + at) >> k }

// order is the least that has room for n granules.
func order(n int) int { return bits.Len(uint(n - 1)) }

func (a *arena) set(b, k int) {
	a.free[b/64] |= 1 << (b % 64)
	a.count[k]++
}

func (a *arena) unset(b, k int) {
	a.free[b/64] &^= 1 << (b % 64)
	a.count[k]--
}

func (a *arena) isFree(b int) bool { return a.free[b/64]&(1<<(b%64)) != 0 }

// orders has bit k set when there is a free block of order k.
func (a *arena) orders() (mask uint) {
	for k, n := range a.count {
		if n > 0 {
			mask |= 1 << k
		}
	}
	return mask
}

// take hands out n granules, of which a block of order from or more must be
// free, and returns the first. It takes the least block that has room, the
// lowest of those.
func (a *arena) take(n, from int) int {
	k := from
	for a.count[k] == 0 {
		k++
	}
	b := a.first(k)
	a.unset(b, k)
	for want := order(n); k > want; {
		k--
		b *= 2
		a.set(b+1, k)
	}
	at := b<<k - leaves
	a.put(at+n, at+1<<k)
	a.taken += n
	a.dirty = max(a.dirty-n*granule, 0)
	return at
}

// first is the lowest free block of order k, of which there must be one.
func (a *arena) first(k int) int {
	low := leaves >> k // the blocks of order k are low to 2*low-1
	if low < 64 {
		return bits.TrailingZeros64(a.free[0] &^ (1<<low - 1))
	}
	for w := low / 64; ; w++ {
		if a.free[w] != 0 {
			return w*64 + bits.TrailingZeros64(a.free[w])
		}
	}
}

// give takes back n granules from the granule at on.
func (a *arena) give(at, n int) {
	a.put(at, at+n)
	a.taken -= n
	a.dirty += n * granule
}

// put makes the granules from at up to end free blocks, each as large as its
// place allows.
func (a *arena) put(at, end int) {
	for at < end {
		k := min(bits.TrailingZeros(uint(at|leaves)), bits.Len(uint(end-at))-1)
		b := block(at, k)
		at += 1 << k
		for k < top && a.isFree(b^1) {
			a.unset(b^1, k)
			b /= 2
			k++
		}
		a.set(b, k)
	}
}

// drop gives the free pages back to the system.
func (a *arena) drop(page int) {
	for k := order(page / granule); k <= top; k++ {
		for b, left := leaves>>k, a.count[k]; left > 0; b++ {
			if a.isFree(b) {
				at := (b<<k - leaves) * granule
				dropPages(a.data[at : at+granule<<k])
				left--
			}
		}
	}
	a.dirty = 0
}
