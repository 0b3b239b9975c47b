package store

import (
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"pikv/prefetch"
)

// fetchEntry is how many bytes of an entry are asked for.
const fetchEntry = 3 * prefetch.LineSize

// Hash is what FetchCell and FetchEntry want to know of a key.
func Hash(key []byte) uint64 { return xxhash.Sum64(key) }

// FetchCell asks the processor for the place where a search for a key with hash h
// begins. It changes nothing.
func (e *Engine) FetchCell(h uint64) {
	if p := e.index.place(h); p != nil {
		prefetch.Line(unsafe.Pointer(&p.cells[min(p.home(p.window(h)), len(p.cells)-1)]))
	}
}

// FetchEntry asks for the entry that such a search finds, as far as its first cell
// tells. Without FetchCell before, it waits for that.
func (e *Engine) FetchEntry(h uint64) {
	p := e.index.place(h)
	if p == nil {
		return
	}
	window := p.window(h)
	if i := p.seek(window); i < len(p.cells) && p.cells[i] != 0 && p.cells[i].window() == window {
		buf := e.index.mem.entries.at(p.cells[i].location())
		prefetch.Bytes(unsafe.Pointer(unsafe.SliceData(buf)), min(fetchEntry, uintptr(len(buf))))
	}
}
