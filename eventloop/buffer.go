package eventloop

import (
	"math/bits"
	"sync"
)

// Buffers have sizes of powers of two. A larger need is met by memory of its own.
const (
	minBits = 9
	maxBits = 16
)

// buffer is memory from a pool.
type buffer struct{ b []byte }

var pools [maxBits - minBits + 1]sync.Pool

// newBuffer returns an empty buffer with room for n bytes.
func newBuffer(n int) *buffer {
	class := classOf(n)
	if class >= len(pools) {
		return &buffer{b: make([]byte, 0, n)}
	}
	if b, ok := pools[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{b: make([]byte, 0, 1<<(class+minBits))}
}

// classOf returns the pool whose buffers have room for n bytes; there may be none.
func classOf(n int) int { return max(bits.Len(uint(max(n, 1)-1)), minBits) - minBits }

// free gives b back. Of nil it does nothing.
func (b *buffer) free() {
	if b == nil {
		return
	}
	if class := classOf(cap(b.b)); class < len(pools) {
		b.b = b.b[:0]
		pools[class].Put(b)
	}
}
