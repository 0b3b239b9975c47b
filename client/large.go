package client

import (
	"hash/maphash"
	"math"
	"sync/atomic"

	"pikv/wire"
)

// largeValue is the size in bytes above which a value takes a connection of
// its own, so that it does not hold up small ones.
const largeValue = wire.SmallValue

// sizeMemory remembers which keys had large values when last seen, because a
// read must choose its lane before it knows the size, and how large they were,
// because the room for the next is then made in one piece. It forgets when keys
// collide, which costs no more than to ask twice: on the shared connection the
// owner does not send a large value, but says that it is one. seed must be set
// before use. Safe for concurrent use.
type sizeMemory struct {
	seed  maphash.Seed
	cells [1024]atomic.Uint64 // fingerprint and size of the last large value that fell here; 0: none
}

// cell returns the place of a key with hash h, and its fingerprint in the upper
// half.
func (m *sizeMemory) cell(h uint64) (*atomic.Uint64, uint64) {
	return &m.cells[h%uint64(len(m.cells))], h &^ math.MaxUint32
}

// saw notes the size of key's value.
func (m *sizeMemory) saw(key string, size int) { m.note(maphash.String(m.seed, key), size) }

// sawBytes is saw for a key in bytes.
func (m *sizeMemory) sawBytes(key []byte, size int) { m.note(maphash.Bytes(m.seed, key), size) }

func (m *sizeMemory) note(h uint64, size int) {
	cell, fingerprint := m.cell(h)
	if size > largeValue {
		cell.Store(fingerprint | uint64(uint32(size)))
	} else if m.of(h) > 0 {
		cell.Store(0)
	}
}

// size is that of key's value when last seen if it was large, else 0.
func (m *sizeMemory) size(key string) int { return m.of(maphash.String(m.seed, key)) }

// of is size for a key with hash h.
func (m *sizeMemory) of(h uint64) int {
	cell, fingerprint := m.cell(h)
	if seen := cell.Load(); seen&^math.MaxUint32 == fingerprint {
		return int(seen & math.MaxUint32)
	}
	return 0
}

// large reports whether key's value was large when last seen.
func (m *sizeMemory) large(key string) bool { return m.size(key) > 0 }

// largeBytes is large for a key in bytes.
func (m *sizeMemory) largeBytes(key []byte) bool { return m.of(maphash.Bytes(m.seed, key)) > 0 }
