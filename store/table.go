package store

import "sort"

const (
	// cellsStep is what the length of a table is a multiple of: a granule.
	cellsStep = granule / 8
	// mostCells is the length from which on a table is rather split than
	// lengthened. It bounds the work of one write.
	mostCells = 512
)

// table is a run of the index: the entries whose hashes begin with the same
// depth bits, in the order of their hashes. It is open addressing with linear
// probing that keeps the order: an entry lies in the cell that its window
// points at, its home, or in one behind it, with no free cell between the two,
// and windows never fall from one cell to the next. There is no wrapping
// around: some cells behind the last home take what is displaced there.
//
// Where windows are equal the order is that of the whole hashes, and of the
// keys where these are equal.
type table struct {
	view
	base  location // of the cells' memory
	count uint32
	// least is a lower bound of the deadlines, 0 when there are none.
	least Instant
}

// view is what a search in a table needs.
type view struct {
	cells []cell // in mapped memory
	homes uint32
	depth uint8
}

// window are the bits of a hash that a table of this depth orders by.
func (v *view) window(h uint64) uint64 { return h << v.depth >> 48 }

func (v *view) home(window uint64) int { return int(window * uint64(v.homes) >> 16) }

// near is how far from its home a search looks cell by cell. Beyond that lie what
// keys displace that were made to collide.
const near = 64

// seek returns the first place whose window is not below the given one: a cell
// with an entry, or the free one before which it would be. It may be the end.
func (v *view) seek(window uint64) int {
	i := v.home(window)
	end := min(i+near, len(v.cells))
	for i < end && v.cells[i] != 0 && v.cells[i].window() < window {
		i++
	}
	if i == end {
		i = gallop(i, len(v.cells), func(i int) bool { return v.cells[i] != 0 && v.cells[i].window() < window })
	}
	return i
}

// run is the end of the run of cells from i on that have the window.
func (v *view) run(i int, window uint64) int {
	return gallop(i, len(v.cells), func(i int) bool { return v.cells[i] != 0 && v.cells[i].window() == window })
}

// gallop returns the first place from i on where something does not hold that holds
// for none behind such a one; it may be the end. It takes longer and longer steps and
// then halves the last, so that it looks least where the place is near.
func gallop(i, end int, holds func(i int) bool) int {
	for step := 1; ; step *= 2 {
		last := i + step - 1
		if last >= end || !holds(last) {
			return i + sort.Search(min(last, end)-i, func(j int) bool { return !holds(i + j) })
		}
		i += step
	}
}

// insert puts c into cell i, as seek or a search in a run has found it. It
// returns false, and changes nothing, when there is no free cell behind.
func (t *table) insert(i int, c cell) bool {
	free := i
	for free < len(t.cells) && t.cells[free] != 0 {
		free++
	}
	if free >= len(t.cells) {
		return false
	}
	copy(t.cells[i+1:free+1], t.cells[i:free])
	t.cells[i] = c
	t.count++
	return true
}

// remove frees cell i: what was displaced behind it moves up.
func (t *table) remove(i int) {
	end := i + 1
	for end < len(t.cells) && t.cells[end] != 0 && t.home(t.cells[end].window()) < end {
		end++
	}
	copy(t.cells[i:end-1], t.cells[i+1:end])
	t.cells[end-1] = 0
	t.count--
}

// full reports whether one more entry would make the probing long.
func (t *table) full() bool { return int(t.count) >= len(t.cells)*9/10 }

// sparse reports whether a shorter table would do.
func (t *table) sparse() bool {
	return len(t.cells) > cellsStep && int(t.count) < len(t.cells)/2
}

// build makes a table of the entries in the parts, which are in order, four
// fifths full or a little less.
func build(p *pool, depth uint8, least Instant, parts ...[]cell) table {
	t := table{view: view{depth: depth}, least: least}
	for _, part := range parts {
		for _, c := range part {
			if c != 0 {
				t.count++
			}
		}
	}
	room := (int(t.count)*5/4 + cellsStep) &^ (cellsStep - 1)
	t.homes = uint32(room - room/32 - 1)
	if next := t.place(parts); next >= room { // the last cell is always free
		room = (next + next/16 + cellsStep) &^ (cellsStep - 1)
	}
	t.base = p.take(room * 8)
	t.cells = p.cellsAt(t.base, room)
	clear(t.cells)
	t.place(parts)
	return t
}

// place puts the entries of the parts into the table's cells, if it has them
// yet, and returns the index behind the last.
func (t *table) place(parts [][]cell) (next int) {
	for _, part := range parts {
		for _, c := range part {
			if c == 0 {
				continue
			}
			at := max(next, t.home(c.window()))
			if t.cells != nil {
				t.cells[at] = c
			}
			next = at + 1
		}
	}
	return next
}

// free gives the table's memory back.
func (t *table) free(p *pool) { p.give(t.base, len(t.cells)*8) }

// lower makes d, if it is a deadline, count for least.
func (t *table) lower(d Instant) { t.least = earlier(t.least, d) }

// earlier is the earlier of two deadlines, each of which may be none.
func earlier(a, b Instant) Instant {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
