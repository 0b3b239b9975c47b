package replica

import (
	"time"

	"pikv/placement"
)

// Number counts a partition's writes, from 1 and without gaps, across all
// primaries that the partition ever has. 0 is "before the first write".
type Number uint64

// EntryKind says what an entry does when it is applied.
type EntryKind uint8

// The kinds of entry.
const (
	// EntryPut stores Value under Key; the stored version is the entry's Number.
	EntryPut EntryKind = iota + 1
	// EntryDelete removes Key.
	EntryDelete
	// EntryExpire removes Key if it still has Version: only the primary's
	// clock decides that a key has expired, backups just follow.
	EntryExpire
)

// Entry is one numbered write. It is identified by (Epoch, Number): two
// entries with one number and different epochs are different writes, and at
// most one of them was ever acknowledged. Its byte slices are never changed
// once it is numbered.
type Entry struct {
	Epoch   placement.Epoch // of the configuration that numbered it
	Number  Number
	Kind    EntryKind
	Key     []byte
	Value   []byte        // EntryPut
	TTL     time.Duration // EntryPut: what remained when it was numbered; 0 is for ever
	Version Number        // EntryExpire: the version that expired
}

// size is what the entry costs in a log or a message, in bytes.
func (e *Entry) size() int { return len(e.Key) + len(e.Value) + entryOverhead }

// entryOverhead bounds the encoded size of an entry's fixed fields.
const entryOverhead = 64
