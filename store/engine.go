package store

import "github.com/cespare/xxhash/v2"

// Engine holds one partition's entries. Not safe for concurrent use, not even
// its reads: the partition's lock guards it. Empty, it costs its own size and
// no more. It must not be copied.
type Engine struct {
	// What a read needs comes first.
	index     index
	log       segments
	mem       *Memory
	compactor compactor
	sweep     sweep
	cuts      int64  // bytes of the open snapshots' lists
	holds     int32  // open Holds
	mortal    uint32 // entries with a deadline; so many that it wraps would take 128 GiB
	bytes     int64  // accounted in mem
}

// New makes an empty engine that accounts its entries in mem, and keeps them
// in its memory.
func New(mem *Memory) *Engine {
	e := new(Engine)
	e.Init(mem)
	return e
}

// Init is New for an Engine that is a part of something else: a read then has one
// place less to look at. It must not be copied any more.
func (e *Engine) Init(mem *Memory) {
	*e = Engine{index: index{mem: mem}, log: segments{mem: mem, active: -1}, mem: mem}
}

// Len is the number of entries.
func (e *Engine) Len() int { return e.index.entries }

// Mortal is the number of entries with a deadline, of those, too, that have expired.
func (e *Engine) Mortal() int { return int(e.mortal) }

// Bytes is the number of accounted bytes: what was appended to the log,
// whether it is still of use or not, the index, and what snapshots keep.
func (e *Engine) Bytes() int64 { return e.bytes }

// Get returns the entry of key; one that has expired too. The result is valid
// until the next call that changes the engine. It does not allocate.
func (e *Engine) Get(key []byte) (Item, bool) {
	h := xxhash.Sum64(key)
	p := e.index.place(h)
	if p == nil {
		return Item{}, false
	}
	i, entry, buf, found := e.index.find(&p.view, h, key)
	if !found {
		return Item{}, false
	}
	if c := p.cells[i]; (uint32(c)^e.index.mem.clock.Load())&clockMask != 0 {
		p.cells[i] = c.touched(e.index.mem.clock.Load())
	}
	return entry.item(buf), true
}

// Put stores it in place of the key's entry, if there is one. It copies key and
// value, which must not be the engine's own memory. It accounts for the
// difference by Memory.Force: room is the caller's to check.
func (e *Engine) Put(it Item) {
	h := xxhash.Sum64(it.Key)
	size := entrySize(&it)
	e.sweep.lower(it.Deadline)
	if p := e.index.place(h); p != nil {
		if i, old, buf, found := e.index.find(&p.view, h, it.Key); found {
			if it.Deadline != 0 {
				p.table.lower(it.Deadline)
			}
			e.replace(&p.cells[i], old.size(), buf, &it, size)
			return
		}
	}
	l, room := e.log.room(size)
	encode(room, &it)
	e.index.add(h, &it, l, e.mem.clock.Load())
	if it.Deadline != 0 {
		e.mortal++
	}
	e.settle(size)
}

// replace puts it, of the given size, in place of the entry of oldSize bytes
// that c refers to and buf begins with.
func (e *Engine) replace(c *cell, oldSize int, buf []byte, it *Item, size int) {
	l := c.location()
	e.mortal -= c.deadlines()
	if it.Deadline != 0 {
		e.mortal++
	}
	if size == oldSize && (e.cuts == 0 && e.holds == 0 || !e.log.pinned(l)) {
		encode(buf[:size], it)
		*c = newCell(c.window(), l, it.Deadline != 0, e.mem.clock.Load())
		return
	}
	to, room := e.log.room(size)
	encode(room, it)
	*c = newCell(c.window(), to, it.Deadline != 0, e.mem.clock.Load())
	e.kill(l, oldSize)
	e.settle(max(size, oldSize))
}

// Delete removes the entry of key and reports whether there was one. The key
// may be the entry's own.
func (e *Engine) Delete(key []byte) bool {
	h := xxhash.Sum64(key)
	p := e.index.place(h)
	if p == nil {
		return false
	}
	i, entry, _, found := e.index.find(&p.view, h, key)
	if !found {
		return false
	}
	l := p.cells[i].location()
	e.mortal -= p.cells[i].deadlines()
	e.index.remove(h, p.table, i)
	e.kill(l, entry.size())
	if e.Len() == 0 {
		e.sweep = sweep{}
	}
	e.settle(entry.size())
	return true
}

// Clear removes all entries and gives back their memory, but for what open
// snapshots need.
func (e *Engine) Clear() {
	e.index.clear()
	e.log.clear()
	e.compactor, e.sweep, e.mortal = compactor{}, sweep{}, 0
	e.account()
}

// settle ends a write that appended or killed n bytes.
func (e *Engine) settle(n int) {
	e.tidy(n)
	e.account()
}

// account tells the memory what has changed.
func (e *Engine) account() {
	bytes := e.log.used + indexShare*int64(e.Len()) + e.cuts
	if bytes != e.bytes {
		e.mem.Force(bytes - e.bytes)
		e.bytes = bytes
	}
}
