package store

import "github.com/cespare/xxhash/v2"

// mayDeepen reports whether a table may order by one more bit.
func (x *index) mayDeepen(t *table) bool {
	return t.depth < deepest && (t.depth < x.depth || 2<<x.depth <= max(2, x.entries/directoryShare))
}

// split makes two tables of the one that h belongs to, by the bit of the hashes
// that follows its prefix.
func (x *index) split(t *table, h uint64) {
	if t.depth == x.depth {
		x.deepen()
	}
	// The windows move on by one bit. It is not in the cells: the entries' keys
	// must be hashed for it.
	cut := len(t.cells)
	for i, c := range t.cells {
		if c == 0 {
			continue
		}
		if c.window()>>15 != 0 {
			cut = min(cut, i)
		}
		t.cells[i] = c.rewindow(xxhash.Sum64(x.item(c).Key) << (t.depth + 1) >> 48)
	}
	p := &x.mem.tables
	left := build(p, t.depth+1, t.least, t.cells[:cut])
	right := build(p, t.depth+1, t.least, t.cells[cut:])
	t.free(p)
	*t = left
	bit := uint64(1) << (64 - left.depth)
	x.point(h&^bit, t)
	x.point(h|bit, &right)
	if t.depth == x.depth {
		x.deep += 2
	}
}

// point makes the directory's places for all hashes with the prefix of h refer
// to the table t.
func (x *index) point(h uint64, t *table) {
	width := 1 << (x.depth - t.depth)
	first := int(h>>(64-x.depth)) &^ (width - 1)
	for i := range width {
		x.places[first+i] = place{t.view, t}
	}
}

// deepen doubles the directory.
func (x *index) deepen() {
	places := make([]place, 0, 2*len(x.places))
	for _, p := range x.places {
		places = append(places, p, p)
	}
	x.places, x.one, x.deep = places, [1]place{}, 0
	x.depth++
}

// merge makes one table of the one that h belongs to and its neighbour, the
// other half of a split, when they have few entries; else it returns false.
func (x *index) merge(h uint64, t *table) bool {
	if t.depth == 0 {
		return false
	}
	bit := uint64(1) << (64 - t.depth)
	left, right := x.place(h&^bit).table, x.place(h|bit).table
	if left.depth != right.depth || left.count+right.count > fewEntries {
		return false
	}
	if t.depth == x.depth {
		x.deep -= 2
	}
	for side, half := range [2]*table{left, right} {
		for i, c := range half.cells {
			if c != 0 {
				half.cells[i] = c.rewindow(uint64(side)<<15 | c.window()>>1)
			}
		}
	}
	p := &x.mem.tables
	both := build(p, t.depth-1, earlier(left.least, right.least), left.cells, right.cells)
	left.free(p)
	right.free(p)
	*left = both
	x.point(h, left)
	if x.depth > 0 && x.deep == 0 {
		x.halve()
	}
	return true
}

// halve drops the directory's last bit, by which no table orders, and further
// bits of the kind.
func (x *index) halve() {
	for x.deep == 0 {
		for i := range len(x.places) / 2 {
			x.places[i] = x.places[2*i]
		}
		if half := x.places[:len(x.places)/2]; len(half) > 1 {
			x.places = append([]place(nil), half...)
		} else {
			x.one[0] = half[0]
			x.places = x.one[:]
		}
		x.depth--
		for _, t := range x.all(0) {
			if t.depth == x.depth {
				x.deep++
			}
		}
	}
}
