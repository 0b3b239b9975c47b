package store

import "math/bits"

const (
	// granule is the unit of a chunk's size, in bytes.
	granule = 128
	// arenaSize is what is mapped at a time, in bytes: a huge page, and little
	// enough for a 32-bit address space. A chunk in it may be as large.
	arenaSize     = 2 << 20
	arenaGranules = arenaSize / granule
)

// arena is a mapped region that is handed out in runs of granules, each the
// first that is long enough. All notes are kept outside the region, so that free
// pages are never touched and can be given back to the system.
type arena struct {
	data []byte
	// free has a bit for each granule, from the lowest of the first word on.
	free  [arenaGranules / 64]uint64
	taken int // granules handed out
	// dirty bounds the granules that are free and may still hold memory. An
	// arena that was never used, or has dropped its pages, has none.
	dirty int
	pages pages
}

// pages is what the system was told of an arena's pages.
type pages uint8

const (
	untold pages = iota // it may make huge ones or not
	small
	huge
)

func newArena() *arena {
	a := &arena{data: mapAligned(arenaSize)}
	a.flip(0, arenaGranules)
	return a
}

// next is the first granule from at on that is free, or is not; the arena's
// end when there is none.
func (a *arena) next(at int, free bool) int {
	for w := at / 64; w < len(a.free); w++ {
		word := a.free[w]
		if !free {
			word = ^word
		}
		if w == at/64 {
			word &= ^uint64(0) << (at % 64)
		}
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word)
		}
	}
	return arenaGranules
}

// last is the end of the last taken granule before at, 0 when there is none.
func (a *arena) last(at int) int {
	for w := (at - 1) / 64; at > 0 && w >= 0; w-- {
		word := ^a.free[w]
		if left := at - w*64; left < 64 {
			word &= 1<<left - 1
		}
		if word != 0 {
			return w*64 + bits.Len64(word)
		}
	}
	return 0
}

// flip makes n granules taken that were free, or free that were taken.
func (a *arena) flip(at, n int) {
	for n > 0 {
		part := min(n, 64-at%64)
		a.free[at/64] ^= ^uint64(0) >> (64 - part) << (at % 64)
		at += part
		n -= part
	}
}

// take hands out n granules and returns the first. When there is no such run it
// returns false and how long the longest is.
func (a *arena) take(n int) (at, longest int, ok bool) {
	for at := a.next(0, true); at < arenaGranules; {
		end := a.next(at, false)
		if end-at >= n {
			a.flip(at, n)
			a.taken += n
			a.dirty = min(a.dirty, arenaGranules-a.taken)
			return at, 0, true
		}
		longest = max(longest, end-at)
		at = a.next(end, true)
	}
	return 0, longest, false
}

// give takes back n granules from at on, and returns how long the run is that
// they are in now.
func (a *arena) give(at, n int) (run int) {
	a.flip(at, n)
	a.taken -= n
	a.dirty += n
	return a.next(at+n, false) - a.last(at)
}

// enlarge makes it of huge pages.
func (a *arena) enlarge() {
	if a.pages != huge {
		a.pages = huge
		hugePages(a.data)
	}
}

// shrink makes it of small pages, whatever the system does by itself.
func (a *arena) shrink() {
	if a.pages != small {
		a.pages = small
		smallPages(a.data)
	}
}

// drop gives the free pages back to the system.
func (a *arena) drop(page int) {
	// The system would make a huge page of what is left, in time, and so take back
	// what it was given.
	a.shrink()
	for at := a.next(0, true); at < arenaGranules; {
		end := a.next(at, false)
		from, to := (at*granule+page-1)/page*page, end*granule/page*page
		if from < to {
			dropPages(a.data[from:to])
		}
		at = a.next(end, true)
	}
	a.dirty = 0
}
