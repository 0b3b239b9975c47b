package client

import (
	"hash/maphash"
	"sync/atomic"
)

// largeValue is the size in bytes above which a value takes a connection of
// its own, so that it does not hold up small ones.
const largeValue = 64 << 10

// sizeMemory remembers which keys had large values when last seen, because a
// read must choose its lane before it knows the size. It forgets when keys
// collide, which costs no more than the wrong lane. seed must be set before
// use. Safe for concurrent use.
type sizeMemory struct {
	seed  maphash.Seed
	cells [1024]atomic.Uint64 // fingerprint of the last large key that fell here; 0: none
}

// cell returns key's place and fingerprint.
func (m *sizeMemory) cell(key string) (*atomic.Uint64, uint64) {
	return m.cellOf(maphash.String(m.seed, key))
}

// cellOf is cell for a key with hash h.
func (m *sizeMemory) cellOf(h uint64) (*atomic.Uint64, uint64) {
	h |= 1
	return &m.cells[(h>>32)%uint64(len(m.cells))], h
}

// saw notes the size of key's value.
func (m *sizeMemory) saw(key string, size int) {
	cell, h := m.cell(key)
	if size > largeValue {
		cell.Store(h)
	} else if cell.Load() == h {
		cell.Store(0)
	}
}

// largeBytes is large for a key in bytes.
func (m *sizeMemory) largeBytes(key []byte) bool {
	cell, h := m.cellOf(maphash.Bytes(m.seed, key))
	return cell.Load() == h
}

// large reports whether key's value was large when last seen.
func (m *sizeMemory) large(key string) bool {
	cell, h := m.cell(key)
	return cell.Load() == h
}
