package store

// Instant is a point in monotonic time: nanoseconds since an arbitrary
// origin of this process. Zero means "never" where a deadline is meant.
type Instant int64

// Item is one entry. Those that an Engine returns share its memory: their
// bytes must not be changed, nor be read after the time that the method says.
type Item struct {
	Key      []byte
	Value    []byte
	Version  uint64  // the writer's, kept and not looked at
	Deadline Instant // when it expires, 0 for never
}

// Expired reports whether the item's deadline is at or before now.
func (it Item) Expired(now Instant) bool { return it.Deadline != 0 && it.Deadline <= now }

// indexShare is what an entry is accounted for its place in the index, in
// bytes: a cell of 8, in tables that are four fifths full or more.
const indexShare = 10

// Cost is the most that a new key takes of the accounted bytes, when its key and
// value have these lengths; a few bytes less are usual. Its Put may add more for a
// while: what compaction copies in the same call is accounted twice until the
// segment that it empties is given back, at most copyMost and one entry a call
// and less than largestSegment an engine.
func Cost(key, value int) int64 {
	return int64(headerMost+key+value) + indexShare
}
