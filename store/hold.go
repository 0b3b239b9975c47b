package store

import "github.com/cespare/xxhash/v2"

// Hold keeps one entry's bytes as they are, whatever is written later: for a
// large value that is sent from where it lies, after the partition's lock was
// given back. What it keeps of an entry that is replaced meanwhile is accounted.
// Its Close is called under the partition's lock, once.
type Hold struct {
	engine  *Engine
	segment location // pinned
}

// Hold is Get with the entry held. Its bytes are valid until the Hold's Close.
func (e *Engine) Hold(key []byte) (it Item, held Hold, found bool) {
	it, found = e.Get(key)
	if !found {
		return Item{}, Hold{}, false
	}
	h := xxhash.Sum64(key)
	p := e.index.place(h)
	i, _, _, _ := e.index.find(&p.view, h, key)
	seg := &e.log.all[e.log.of(p.cells[i].location())]
	seg.pins++
	if e.compactor.victim == seg.base {
		e.compactor = compactor{} // to go on would give nothing back
	}
	e.holds++
	return it, Hold{engine: e, segment: seg.base}, true
}

// Close gives the entry free.
func (h Hold) Close() {
	e := h.engine
	e.log.unpin([]location{h.segment})
	e.holds--
	e.compactor.patience = 0
	e.account()
}
