package store

import (
	"bytes"
	"maps"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// scanMost is how many entries one Scan looks at, at least: it bounds how
// long a scan for a rare prefix holds the partition's lock.
const scanMost = 8 << 10

// entry is an item and its places in the engine's indexes.
type entry struct {
	Item
	hash uint64 // xxhash64 of Key
	at   int    // index in Engine.deadlines plus one, 0 when it has no deadline
}

// Engine holds one partition's entries. Not safe for concurrent use: the
// partition's lock guards it. Empty, it costs its own size and no more.
type Engine struct {
	mem       *Memory
	entries   map[string]*entry // each key shares its bytes with its entry's Key
	order     order
	deadlines deadlines
	bytes     int64 // accounted in mem
	peak      int   // the most entries since the map was made
}

// New makes an empty engine that accounts its entries in mem.
func New(mem *Memory) *Engine { return &Engine{mem: mem} }

// Len is the number of entries.
func (e *Engine) Len() int { return len(e.entries) }

// Bytes is the number of accounted bytes: the sum of Cost over all entries.
func (e *Engine) Bytes() int64 { return e.bytes }

// Get returns the entry of key; one that has expired too. The result is
// valid for ever and must not be changed. It does not allocate.
func (e *Engine) Get(key []byte) (Item, bool) {
	if en := e.entries[string(key)]; en != nil {
		return en.Item, true
	}
	return Item{}, false
}

// Put stores it in place of the key's entry, if there is one. It accounts for
// the difference by Memory.Force: room is the caller's to check. The engine
// owns it.Value from now on, with its whole capacity: it must not be part of
// a larger buffer. it.Key is copied when the key is new.
func (e *Engine) Put(it Item) {
	en := e.entries[string(it.Key)]
	if en == nil {
		en = &entry{hash: xxhash.Sum64(it.Key)}
		en.Key = bytes.Clone(it.Key)
		if e.entries == nil {
			e.entries = make(map[string]*entry)
		}
		// The key is never changed, so the map may share its bytes.
		e.entries[unsafe.String(unsafe.SliceData(en.Key), len(en.Key))] = en
		e.peak = max(e.peak, len(e.entries))
		e.order.insert(en)
		e.account(Cost(len(it.Key), len(it.Value)))
	} else {
		e.account(int64(len(it.Value)) - int64(len(en.Value)))
	}
	en.Value, en.Version = it.Value, it.Version
	e.deadlines.set(en, it.Deadline)
}

// Delete removes the entry of key and reports whether there was one.
func (e *Engine) Delete(key []byte) bool {
	en := e.entries[string(key)]
	if en == nil {
		return false
	}
	e.deadlines.set(en, 0)
	e.order.remove(en)
	delete(e.entries, string(key))
	e.account(-Cost(len(en.Key), len(en.Value)))
	e.shrink()
	return true
}

// Clear removes all entries and gives back what they were accounted for.
func (e *Engine) Clear() {
	e.account(-e.bytes)
	*e = Engine{mem: e.mem}
}

// Snapshot returns all entries as they are now, in the order of Scan. It is a
// cut: what is written later does not change it. It copies no keys or values,
// and costs the time and memory of one Item for each entry.
func (e *Engine) Snapshot() []Item {
	items := make([]Item, 0, e.Len())
	for en := range e.order.from(0) {
		items = append(items, en.Item)
	}
	return items
}

// Scan yields entries whose key begins with prefix, in the order of their
// keys' xxhash64, beginning at cursor, which is 0 at first and then what the
// last call returned. next is 0 when there are no more. It yields at most
// limit entries (more only when keys collide in all 64 bits) and perhaps
// fewer, or none, before the end. The order is the same on each node: a key
// that is there from the first call to the last is yielded exactly once, even
// if its partition moves between the calls. yield must not change the engine.
func (e *Engine) Scan(cursor uint64, prefix []byte, limit int, yield func(Item)) (next uint64) {
	limit = max(limit, 1)
	yielded := 0
	return e.order.page(cursor, max(scanMost, limit), func(en *entry) bool {
		if bytes.HasPrefix(en.Key, prefix) {
			yield(en.Item)
			yielded++
		}
		return yielded < limit
	})
}

// Due returns entries whose deadline is at or before now, at most limit,
// the earliest first and the rest in no order. It removes none, and costs
// nothing when nothing is due.
func (e *Engine) Due(now Instant, limit int) []Item {
	return e.deadlines.due(now, limit)
}

// account adds n bytes, which may be negative, to what is accounted.
func (e *Engine) account(n int64) {
	e.bytes += n
	e.mem.Force(n)
}

// shrink gives memory back after many deletions: a Go map and a slice keep
// the room of their largest size. It copies one entry for seven deletions at
// most.
func (e *Engine) shrink() {
	const small = 64 // not worth the copying
	n := len(e.entries)
	switch {
	case n == 0:
		*e = Engine{mem: e.mem}
	case e.peak > small && n < e.peak/8:
		entries := make(map[string]*entry, n)
		maps.Copy(entries, e.entries)
		e.entries, e.peak = entries, n
		e.deadlines = append(deadlines(nil), e.deadlines...)
	}
}
