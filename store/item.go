package store

// Instant is a point in monotonic time: nanoseconds since an arbitrary
// origin of this process. Zero means "never" where a deadline is meant.
type Instant int64

// Item is one entry. Those that an Engine returns share its memory: their
// bytes must not be changed.
type Item struct {
	Key      []byte
	Value    []byte
	Version  uint64  // the writer's, kept and not looked at
	Deadline Instant // when it expires, 0 for never
}

// Expired reports whether the item's deadline is at or before now.
func (it Item) Expired(now Instant) bool { return it.Deadline != 0 && it.Deadline <= now }

// entryOverhead is what an entry costs beside its bytes, on 64-bit machines,
// in bytes: the entry itself 80, its place in the map 30 to 60, its place in
// the scan order 16 to 32, in the deadline heap 8 to 16.
const entryOverhead = 160

// Cost is the number of accounted bytes of an entry with a key and a value
// of these lengths.
func Cost(key, value int) int64 { return int64(key) + int64(value) + entryOverhead }
