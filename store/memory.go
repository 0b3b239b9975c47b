package store

import "sync/atomic"

// Memory is what all engines of a node share: an account of bytes against one
// limit, the mapped memory that entries and indexes lie in, and the clock by
// which it is told when an entry was read. Safe for concurrent use.
type Memory struct {
	limit int64
	clock atomic.Uint32
	// Tables grow through many sizes. Between segments the room that they leave
	// behind would be of use to nobody.
	entries, tables pool
	// Each write alters used; each read needs what stands above.
	_    [64]byte
	used atomic.Int64
}

// NewMemory makes an account with a limit in bytes. It takes memory from the
// system when engines need it; Close gives all of it back.
func NewMemory(limit int64) *Memory {
	m := &Memory{limit: limit}
	m.entries.hugeFrom, m.tables.hugeFrom = 16, 1 // a sixteenth of what there is may be for the last one
	return m
}

// Reserve takes n bytes, or none and returns false when that would pass the
// limit. It is how a primary makes sure of room before it numbers a write.
func (m *Memory) Reserve(n int64) bool {
	for {
		used := m.used.Load()
		if n > m.limit-used {
			return false
		}
		if m.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Force takes n bytes even when that passes the limit: for what has been
// promised already, such as entries that a backup must accept.
func (m *Memory) Force(n int64) { m.used.Add(n) }

// Release gives back n bytes.
func (m *Memory) Release(n int64) { m.used.Add(-n) }

// Used is the number of bytes taken. It may be over the limit.
func (m *Memory) Used() int64 { return m.used.Load() }

// Limit is the number of bytes that Reserve may fill.
func (m *Memory) Limit() int64 { return m.limit }

// Mapped is the number of bytes that are mapped from the system, whether it
// has given memory for them yet or not.
func (m *Memory) Mapped() int64 { return m.entries.size() + m.tables.size() }

// Tick lets the clock of Engine.Coldest go on by one. Without eviction nobody
// calls it, and reads write nothing.
func (m *Memory) Tick() { m.clock.Add(1) }

// Close gives the mapped memory back to the system. The engines that were made
// with m, their items and snapshots must not be used any more, unless an engine
// was cleared before and has no snapshot or hold open: that one is empty and stays so
// until the next Put, which maps memory anew.
func (m *Memory) Close() {
	m.entries.close()
	m.tables.close()
}
