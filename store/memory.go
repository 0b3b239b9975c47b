package store

import "sync/atomic"

// Memory accounts the bytes of all engines of a node against one limit. Safe
// for concurrent use.
type Memory struct {
	limit int64
	used  atomic.Int64
}

// NewMemory makes an account with a limit in bytes.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit} }

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
