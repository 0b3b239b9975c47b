package store

import (
	"bytes"
	"cmp"
	"sort"

	"github.com/cespare/xxhash/v2"
)

const (
	// A directory may have one place for each directoryShare entries: keys made
	// to begin with the same bits of hash cannot blow it up; their table is
	// lengthened instead of split.
	directoryShare = 32
	deepest        = 48 // the window needs the 16 bits that follow
	// fewEntries is what two neighbours have together when they become one.
	fewEntries = mostCells / 4
	// fewAlike is how many entries with the same window are compared with one by
	// one. More are hardly chance, and are searched by halves.
	fewAlike = 8
)

// index finds the entries of a partition by their keys. It is a directory of
// tables by the first bits of the hash (extendible hashing): the table of a
// hash h is at places[h>>(64-depth)], and one that orders by fewer bits is there
// several times.
type index struct {
	mem     *Memory // where the tables lie, and the entries
	places  []place // 1<<depth, or none when there are no entries
	depth   uint8
	deep    int32    // tables of that depth
	one     [1]place // places, when it is one: it lies where a read looks anyway
	entries int
}

// place is one of the directory. It has a copy of the table's view, so that a
// search touches the directory and the cells only.
type place struct {
	view
	table *table
}

// place returns the directory's for a hash; nil when there are no entries.
func (x *index) place(h uint64) *place {
	if len(x.places) == 0 {
		return nil
	}
	return &x.places[h>>(64-x.depth)]
}

// all iterates over the tables in the order of their hashes, from that of a
// hash on, with the least hash that may be in each.
func (x *index) all(from uint64) func(yield func(first uint64, t *table) bool) {
	return func(yield func(uint64, *table) bool) {
		if len(x.places) == 0 {
			return
		}
		for i := int(from >> (64 - x.depth)); i < len(x.places); {
			t := x.places[i].table
			width := 1 << (x.depth - t.depth)
			i &^= width - 1
			if !yield(uint64(i)<<(64-x.depth), t) {
				return
			}
			i += width
		}
	}
}

// entry is what a cell refers to.
func (x *index) entry(c cell) (header, []byte) {
	buf := x.mem.entries.at(c.location())
	h, ok := parse(buf)
	if !ok {
		panic("store: the index refers to something else than an entry")
	}
	return h, buf
}

func (x *index) item(c cell) Item {
	h, buf := x.entry(c)
	return h.item(buf)
}

// find returns the index of the key's cell in the table, and its entry.
func (x *index) find(t *view, h uint64, key []byte) (i int, e header, buf []byte, found bool) {
	window := t.window(h)
	i = t.seek(window)
	for n := 0; i < len(t.cells) && t.cells[i] != 0 && t.cells[i].window() == window; i++ {
		if n++; n > fewAlike {
			i, found = x.search(t, i, h, key)
			if found {
				e, buf = x.entry(t.cells[i])
			}
			return i, e, buf, found
		}
		e, buf = x.entry(t.cells[i])
		if e.key == len(key) && string(buf[e.start:e.start+e.key]) == string(key) {
			return i, e, buf, true
		}
	}
	return i, header{}, nil, false
}

// search finds the place of a key in the order among the cells from i on that
// have the window of the hash h.
func (x *index) search(t *view, i int, h uint64, key []byte) (at int, found bool) {
	end := t.run(i, t.window(h))
	at = i + sort.Search(end-i, func(j int) bool { return x.compare(t.cells[i+j], h, key) >= 0 })
	return at, at < end && x.compare(t.cells[at], h, key) == 0
}

// compare says how an entry stands to a key in the order of hashes and keys.
func (x *index) compare(c cell, h uint64, key []byte) int {
	other := x.item(c).Key
	return cmp.Or(cmp.Compare(xxhash.Sum64(other), h), bytes.Compare(other, key))
}

// add puts the entry of a new key into the index.
func (x *index) add(h uint64, it *Item, l location, clock uint32) {
	p := &x.mem.tables
	if len(x.places) == 0 {
		t := build(p, 0, 0)
		x.places, x.deep = x.one[:], 1
		x.point(0, &t)
	}
	x.entries++
	t := x.place(h).table
	for {
		i := t.seek(t.window(h))
		if i < len(t.cells) && t.cells[i] != 0 {
			i, _ = x.search(&t.view, i, h, it.Key)
		}
		if !t.full() && t.insert(i, newCell(t.window(h), l, it.Deadline != 0, clock)) {
			t.lower(it.Deadline)
			return
		}
		if len(t.cells) >= mostCells && x.mayDeepen(t) {
			x.split(t, h)
			t = x.place(h).table
		} else {
			x.resize(h, t)
		}
	}
}

// remove takes cell i of a table out of the index.
func (x *index) remove(h uint64, t *table, i int) {
	t.remove(i)
	x.entries--
	switch {
	case x.entries == 0:
		x.clear()
	case !t.sparse():
	case !x.merge(h, t):
		x.resize(h, t)
	}
}

// move makes the cell of the key's entry at from, which must be there, refer to its
// copy at to.
func (x *index) move(h uint64, key []byte, from, to location) {
	t := x.place(h)
	i := t.seek(t.window(h))
	for n := 0; t.cells[i].location() != from; i++ {
		if n++; n > fewAlike {
			i, _ = x.search(&t.view, i, h, key)
			break
		}
	}
	t.cells[i] = t.cells[i].relocate(to)
}

// resize gives the table of h the length that suits it.
func (x *index) resize(h uint64, t *table) {
	old := *t
	*t = build(&x.mem.tables, t.depth, t.least, old.cells)
	old.free(&x.mem.tables)
	x.point(h, t)
}

// clear drops all entries.
func (x *index) clear() {
	for _, t := range x.all(0) {
		t.free(&x.mem.tables)
	}
	*x = index{mem: x.mem}
}
