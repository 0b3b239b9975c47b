package rpcconn

import (
	"sync"

	"pikv/wire"
)

const (
	// keepCap is the largest buffer that is kept for any next chunk: one large
	// reply must not stay in memory for the connection's lifetime.
	keepCap = 64 << 10
	// keepLarge is the largest that is kept for the next large frame, by whichever
	// connection, until the collector has come by twice: to make one, touch it and
	// collect it again costs several times what it takes to fill it.
	keepLarge = 16<<20 + keepCap
	// freeBytes of a chunk are not taken from the budget: small replies
	// then share no counter between connections.
	freeBytes = 16 << 10
)

// chunk is a run of whole frames that are written together.
type chunk struct {
	buf  []byte
	off  int   // buf[:off] is written
	held int64 // bytes taken from the budget for buf
}

var chunks, largeChunks = sync.Pool{New: func() any { return new(chunk) }}, sync.Pool{}

// newChunk returns an empty chunk; for a frame of size bytes, if it is large, one
// with room if there is one that is not much larger.
func newChunk(size int64) *chunk {
	if size <= keepCap {
		return chunks.Get().(*chunk)
	}
	if c, ok := largeChunks.Get().(*chunk); ok {
		if int64(cap(c.buf))/2 <= size {
			return c
		}
		largeChunks.Put(c)
	}
	return chunks.Get().(*chunk)
}

// charge takes grown bytes that were just appended from the budget. credit of
// them the caller has taken already. What the budget refuses goes uncounted:
// the bytes exist, and the next request will be refused instead.
func (c *chunk) charge(b *wire.Budget, grown, credit int64) {
	switch {
	case grown <= credit:
		b.Release(credit - grown)
		c.held += grown
	case len(c.buf) > freeBytes && b.Acquire(grown-credit):
		c.held += grown
	default:
		c.held += credit
	}
}

// recycle gives back what the chunk holds.
func (c *chunk) recycle(b *wire.Budget) {
	if c.held > 0 {
		b.Release(c.held)
	}
	buf := c.buf[:0]
	*c = chunk{buf: buf}
	switch {
	case cap(buf) <= keepCap:
		chunks.Put(c)
	case cap(buf) <= keepLarge:
		largeChunks.Put(c)
	}
}
