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
	// then share no counter between connections. Twice that is what a connection
	// may have waiting when there is no budget left, and two frames: what is being
	// written, and what came since.
	freeBytes = 16 << 10
)

// Loan is a part of a frame that is sent from where it lies.
type Loan struct {
	Bytes []byte // must not change until Done
	Tail  []byte // copied behind Bytes
	// Done gives Bytes back, when they are sent or never will be. It is called
	// once, without locks held, on any goroutine.
	Done func()
}

// chunk is a run of whole frames that are written together.
type chunk struct {
	buf  []byte
	lent []lent
	off  int   // so many bytes are written, of those lent, too
	held int64 // bytes taken from the budget
	over bool  // the budget has refused some
}

// lent is bytes whose place in the stream is before buf[at].
type lent struct {
	at    int
	bytes []byte
	done  func()
}

// lend adds a loan behind what is there.
func (c *chunk) lend(l *Loan) {
	c.lent = append(c.lent, lent{at: len(c.buf), bytes: l.Bytes, done: l.Done})
	c.buf = append(c.buf, l.Tail...)
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

// size is that of all frames.
func (c *chunk) size() int {
	n := len(c.buf)
	for i := range c.lent {
		n += len(c.lent[i].bytes)
	}
	return n
}

// pieces are what is to be written next, up to most bytes, in as many pieces as the
// empty next has room for; none when all is written.
func (c *chunk) pieces(next [][]byte, most int) [][]byte {
	off, from := c.off, 0
	add := func(b []byte) {
		if off >= len(b) {
			off -= len(b)
		} else if len(next) < cap(next) && most > 0 {
			b = b[off:min(len(b), off+most)]
			next, off, most = append(next, b), 0, most-len(b)
		}
	}
	for i := range c.lent {
		l := &c.lent[i]
		add(c.buf[from:l.at])
		add(l.bytes)
		from = l.at
	}
	add(c.buf[from:])
	return next
}

// charge takes grown bytes that were just appended from the budget. credit of
// them the caller has taken already. What the budget refuses goes uncounted, for
// the bytes exist, and is noted: the outbox is full then.
func (c *chunk) charge(b *wire.Budget, grown, credit int64) {
	switch {
	case grown <= credit:
		b.Release(credit - grown)
		c.held += grown
	case len(c.buf) <= freeBytes:
		c.held += credit
	case b.Acquire(grown - credit):
		c.held += grown
	default:
		c.held += credit
		c.over = true
	}
}

// recycle gives back what the chunk holds. No lock may be held. Of nil it does
// nothing.
func (c *chunk) recycle(b *wire.Budget) {
	if c == nil {
		return
	}
	if c.held > 0 {
		b.Release(c.held)
	}
	for i := range c.lent {
		c.lent[i].done()
	}
	clear(c.lent)
	buf := c.buf[:0]
	*c = chunk{buf: buf, lent: c.lent[:0]}
	switch {
	case cap(buf) <= keepCap:
		chunks.Put(c)
	case cap(buf) <= keepLarge:
		largeChunks.Put(c)
	}
}
