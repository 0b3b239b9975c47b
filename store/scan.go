package store

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// scanMost is how many entries one Scan looks at, at least: it bounds how
// long a scan for a rare prefix holds the partition's lock.
const scanMost = 8 << 10

// Scan yields entries whose key begins with prefix, in the order of their
// keys' xxhash64, beginning at cursor, which is 0 at first and then what the
// last call returned. next is 0 when there are no more. It yields at most
// limit entries (more only when keys collide in all 64 bits) and perhaps
// fewer, or none, before the end. The order is the same on each node: a key
// that is there from the first call to the last is yielded exactly once, even
// if its partition moves between the calls. yield must not change the engine,
// nor keep the item's bytes.
func (e *Engine) Scan(cursor uint64, prefix []byte, limit int, yield func(Item)) (next uint64) {
	limit = max(limit, 1)
	visited, yielded, last := 0, 0, uint64(0)
	for first, t := range e.index.all(cursor) {
		i := 0
		if first < cursor {
			i = t.seek(t.window(cursor))
		}
		for _, c := range t.cells[i:] {
			if c == 0 {
				continue
			}
			it := e.index.item(c)
			h := xxhash.Sum64(it.Key)
			if h < cursor {
				continue // its window is the cursor's
			}
			if (yielded >= limit || visited >= max(scanMost, limit)) && h != last {
				return last + 1 // not 0, for h is greater than last
			}
			visited++
			last = h
			if bytes.HasPrefix(it.Key, prefix) {
				yield(it)
				yielded++
			}
		}
	}
	return 0
}
