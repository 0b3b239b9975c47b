package bench

import "sync"

// inserts numbers the keys that a run adds and draws among those that are there,
// the latest most often. Safe for concurrent use.
type inserts struct {
	mu sync.RWMutex
	// next is the number of the next key to insert.
	next int
	// done is below the first number that is not answered yet: all keys
	// below it can be read.
	done int
	// early are answered numbers above done.
	early map[int]bool
	z     *zipfian // among as many as done
}

// newInserts begins with so many keys. Only draws of the latest need draw.
func newInserts(keys int, draw bool) *inserts {
	i := &inserts{next: keys, done: keys, early: make(map[int]bool)}
	if draw {
		i.z = newZipfian(int64(keys))
	}
	return i
}

// begin returns the number of a new key.
func (i *inserts) begin() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.next++
	return i.next - 1
}

// end notes that the insert of key is answered, also with an error: as in YCSB,
// one that failed must not hide those that come after it.
func (i *inserts) end(key int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.early[key] = true
	for i.early[i.done] {
		delete(i.early, i.done)
		i.done++
	}
	if i.z != nil {
		i.z.grow(int64(i.done))
	}
}

// latest returns the key that u, drawn evenly from [0, 1), stands for.
func (i *inserts) latest(u float64) int {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.done - 1 - int(i.z.rank(u))
}

// keys returns how many keys there may be.
func (i *inserts) keys() int {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.next
}
