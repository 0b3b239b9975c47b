package store

// cell is one place of a table: 0 when it is free, else, from high to low,
//
//	window    16 bits of the key's hash, those that follow the table's prefix
//	mortal     1 bit: the entry has a deadline
//	location  39 bits
//	clock      8 bits: the memory's clock when the entry was read or written
type cell uint64

const (
	clockBits   = 8
	clockMask   = 1<<clockBits - 1
	mortalCell  = cell(1) << (clockBits + locationBits)
	windowShift = clockBits + locationBits + 1
)

func newCell(window uint64, l location, hasDeadline bool, clock uint32) cell {
	c := cell(window<<windowShift) | cell(l)<<clockBits | cell(clock&clockMask)
	if hasDeadline {
		c |= mortalCell
	}
	return c
}

func (c cell) window() uint64 { return uint64(c >> windowShift) }

func (c cell) location() location { return location(c>>clockBits) & (1<<locationBits - 1) }

func (c cell) mortal() bool { return c&mortalCell != 0 }

// deadlines is 1 if the entry has one, else 0.
func (c cell) deadlines() uint32 { return uint32(c>>(clockBits+locationBits)) & 1 }

// rewindow is c with another window.
func (c cell) rewindow(window uint64) cell {
	return c&(1<<windowShift-1) | cell(window<<windowShift)
}

// relocate is c with another location.
func (c cell) relocate(l location) cell {
	const bits = cell(1<<locationBits-1) << clockBits
	return c&^bits | cell(l)<<clockBits
}

// touched is c with the clock set.
func (c cell) touched(clock uint32) cell { return c&^clockMask | cell(clock&clockMask) }

// idle is for how long, in ticks, the entry was not touched. It wraps around:
// one that was idle for very long seems young.
func (c cell) idle(clock uint32) uint32 { return (clock - uint32(c)) & clockMask }
