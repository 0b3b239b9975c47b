package store

import (
	"testing"

	"github.com/cespare/xxhash/v2"
)

// failer is a test of either kind.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

var _ failer = (*testing.T)(nil)

// checkEngine checks what must hold of an engine between two calls. It must be
// the only one of its memory.
func checkEngine(t failer, e *Engine) {
	t.Helper()
	chunks := checkIndex(t, &e.index)
	live, mortal := make([]int64, len(e.log.all)), 0
	for _, tab := range e.index.all(0) {
		for _, c := range tab.cells {
			if c == 0 {
				continue
			}
			h, _ := e.index.entry(c)
			if h.flags&dead != 0 || (h.deadline != 0) != c.mortal() {
				t.Fatalf("a cell refers to %+v", h)
			}
			if h.deadline != 0 && (tab.least == 0 || tab.least > h.deadline || e.sweep.least == 0 || e.sweep.least > h.deadline) {
				t.Fatalf("deadline %d, least %d of the table and %d of all", h.deadline, tab.least, e.sweep.least)
			}
			if c.mortal() {
				mortal++
			}
			live[e.log.of(c.location())] += int64(h.size())
		}
	}
	if mortal != e.Mortal() {
		t.Fatalf("%d entries with a deadline, counted %d", mortal, e.Mortal())
	}
	var sumUsed, sumLive int64
	for i := range e.log.all {
		seg := &e.log.all[i]
		if int64(seg.live) != live[i] || seg.used > seg.size || seg.live == 0 && seg.pins == 0 && (i != e.log.active || e.Len() == 0) || i > 0 && seg.base <= e.log.all[i-1].base {
			t.Fatalf("segment %d: %d of %d bytes used, %d live, want %d, %d pins", i, seg.used, seg.size, seg.live, live[i], seg.pins)
		}
		alive, data := int64(0), e.log.at(seg.base)
		for at := 0; at < int(seg.used); {
			h, ok := parse(data[at:seg.used])
			if !ok {
				t.Fatalf("segment %d: no entry at %d", i, at)
			}
			if h.flags&dead == 0 {
				alive += int64(h.size())
			}
			at += h.size()
		}
		if alive > live[i] && seg.live > 0 {
			t.Fatalf("segment %d: entries of %d bytes are not dead, %d bytes in the index", i, alive, live[i])
		}
		sumUsed += int64(seg.used)
		sumLive += int64(seg.live)
		chunks += int64(seg.size)
	}
	if sumUsed != e.log.used || sumLive != e.log.live {
		t.Fatalf("%d bytes used, %d live, counted %d and %d", sumUsed, sumLive, e.log.used, e.log.live)
	}
	if chunks != e.mem.handed() {
		t.Fatalf("chunks of %d bytes, %d handed out", chunks, e.mem.handed())
	}
	if want := sumUsed + indexShare*int64(e.Len()) + e.cuts; e.Bytes() != want {
		t.Fatalf("%d bytes accounted, want %d", e.Bytes(), want)
	}
}

// checkIndex returns the bytes of its tables.
func checkIndex(t failer, x *index) (bytes int64) {
	t.Helper()
	entries, deep, last := 0, int32(0), uint64(0)
	for first, tab := range x.all(0) {
		count, place := 0, -1
		for i, c := range tab.cells {
			if c == 0 {
				continue
			}
			h := xxhash.Sum64(x.item(c).Key)
			if h < last || x.place(h).table != tab || &x.place(h).cells[0] != &tab.cells[0] || x.place(h).homes != tab.homes || x.place(h).view.depth != tab.depth || h < first || c.window() != tab.window(h) {
				t.Fatalf("hash %x behind %x, in the table from %x of depth %d, window %x", h, last, first, tab.depth, c.window())
			}
			if home := tab.home(c.window()); i < home || place < home && i != max(home, place+1) || place >= home && i != place+1 {
				t.Fatalf("cell %d, home %d, the one before is at %d", i, home, place)
			}
			last, place = h, i
			count++
		}
		if count != int(tab.count) || tab.depth > x.depth {
			t.Fatalf("a table of depth %d (of %d) has %d entries, counted %d", tab.depth, x.depth, count, tab.count)
		}
		if tab.depth == x.depth {
			deep++
		}
		entries += count
		bytes += int64(len(tab.cells)) * 8
	}
	if entries != x.entries || deep != x.deep || len(x.places) > 0 && len(x.places) != 1<<x.depth {
		t.Fatalf("%d entries, %d deep tables, %d places of depth %d; counted %d and %d", entries, deep, len(x.places), x.depth, x.entries, x.deep)
	}
	return bytes
}

// handed is the number of bytes in chunks.
func (m *Memory) handed() int64 { return m.entries.handed + m.tables.handed }
