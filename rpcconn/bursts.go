package rpcconn

import "sync"

// Flusher sends what waits in it, without blocking. An Outbox is one. It is another
// name for the interface and no type of its own, so that other packages can name it
// without importing this one.
type Flusher = interface{ Flush() }

// Bursts lets what the readers of a node's connections produce leave together.
// A burst is what one reader handles from one wait for bytes to the next. A
// frame that is born meanwhile, whoever appends it, can be left to the end of
// that burst: to wake another goroutine for it costs more than the frame, and it
// would leave alone. Safe for concurrent use; the zero value is ready, and nil
// stands for one without bursts.
type Bursts struct {
	mu struct {
		sync.Mutex
		open    int       // bursts that have begun and not ended
		waiting []Flusher // not empty only while open > 0
		spare   []Flusher // empty: room that is used again
	}
}

// Begin notes that the caller handles what has arrived. It must call End before
// it waits for anything.
func (b *Bursts) Begin() {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.mu.open++
	b.mu.Unlock()
}

// End flushes what any burst has deferred so far.
func (b *Bursts) End() {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.mu.open--
	list := b.mu.waiting
	b.mu.waiting, b.mu.spare = b.mu.spare, nil
	b.mu.Unlock()
	if list == nil {
		return
	}
	for i, f := range list {
		f.Flush()
		list[i] = nil
	}
	b.mu.Lock()
	if b.mu.spare == nil {
		b.mu.spare = list[:0]
	}
	b.mu.Unlock()
}

// Defer leaves it to a burst that is open to flush f at its end, at the latest.
// It returns false when there is none: then f is the caller's to flush. It may
// be called under locks that f.Flush takes.
func (b *Bursts) Defer(f Flusher) bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.open == 0 {
		return false
	}
	b.mu.waiting = append(b.mu.waiting, f)
	return true
}
