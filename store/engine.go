package store

// Instant is a point in monotonic time: nanoseconds since an arbitrary
// origin of this process. Zero means "never" where a deadline is meant.
type Instant int64

// Item is one entry.
type Item struct {
	Key      []byte
	Value    []byte
	Version  uint64
	Deadline Instant // when it expires, 0 for never
}

// Expired reports whether the item's deadline is at or before now.
func (it Item) Expired(now Instant) bool { return it.Deadline != 0 && it.Deadline <= now }

// Engine holds one partition's entries. Not safe for concurrent use: the
// partition's lock guards it.
type Engine struct{ mem *Memory }

// New makes an empty engine that accounts its entries in mem.
func New(mem *Memory) *Engine { return &Engine{mem: mem} }

// Cost is the number of accounted bytes of an entry with a key and a value
// of these lengths.
func Cost(key, value int) int64 { panic("skeleton") }

// Get returns the entry of key; expired ones too, expiry is the caller's
// decision.
func (e *Engine) Get(key []byte) (Item, bool) { panic("skeleton") }

// Put stores it. The engine owns it.Value from now on; it.Key is copied.
func (e *Engine) Put(it Item) { panic("skeleton") }

// Delete removes the entry of key and reports whether there was one.
func (e *Engine) Delete(key []byte) bool { panic("skeleton") }

// Len is the number of entries.
func (e *Engine) Len() int { panic("skeleton") }

// Bytes is the number of accounted bytes.
func (e *Engine) Bytes() int64 { panic("skeleton") }

// Snapshot returns all entries as they are now, in the order of Scan.
func (e *Engine) Snapshot() []Item { panic("skeleton") }

// Scan yields entries whose key begins with prefix, in the order of their
// keys' xxhash64, beginning at cursor. next is 0 when there are no more.
func (e *Engine) Scan(cursor uint64, prefix []byte, limit int, yield func(Item)) (next uint64) {
	panic("skeleton")
}

// Due returns at most max entries that have expired, without removing them.
func (e *Engine) Due(now Instant, max int) []Item { panic("skeleton") }

// Clear removes all entries.
func (e *Engine) Clear() { panic("skeleton") }
