package replica

import (
	"time"

	"pikv/placement"
)

// Number counts a partition's writes, without gaps, across all primaries that
// the partition ever has. Those of life n (placement.Partition.Life) follow
// n<<48, so that the version of a key never comes again after a reset. 0 is
// "before the first write".
type Number uint64

// lifeBits is how many bits of a Number count the writes of one life.
const lifeBits = 48

// EntryKind says what an entry does when it is applied.
type EntryKind uint8

// The kinds of entry.
const (
	// EntryPut stores Value under Key; the stored version is the entry's Number.
	EntryPut EntryKind = iota + 1
	// EntryDelete removes Key.
	EntryDelete
	// EntryExpire removes Key if it still has Version: its time is over, or it is
	// evicted. Only the primary decides that, backups just follow.
	EntryExpire
	// EntryNote changes no key; it records the outcome of a repeated request.
	EntryNote
	// EntryForget drops what is remembered of ID.Client.
	EntryForget
	// EntryCopy stores under Key the value that the key Value has; with no Value,
	// its own: then only its time to live changes, and its version. The key whose
	// value that is exists when the entry is applied, at every replica, for they
	// have all had the same entries before.
	EntryCopy
	// EntryGroup changes several keys at once: Value holds the parts, see part.
	EntryGroup
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
	Value   []byte        // EntryPut; EntryCopy: the key that is copied; EntryGroup: the parts
	TTL     time.Duration // EntryPut, EntryCopy: what remained when it was numbered; 0 is for ever
	Version Number        // EntryExpire: the version that goes
	ID      EntryID       // of the request that it came from, if that had one
	Outcome Outcome       // what that request was answered; only with ID
	// Body names a large Value, which replicas have got before. In a message to
	// one that has it the Value is left out. 0: none.
	Body uint64
}

// source is the key that an EntryCopy copies.
func (e *Entry) source() []byte {
	if len(e.Value) == 0 {
		return e.Key
	}
	return e.Value
}

// EntryID names the request that an entry came from. Client 0: none.
type EntryID struct{ Client, Seq, Finished uint64 }

// Outcome is the answer to a write, as it is recorded for a repetition.
type Outcome struct {
	Status  Status
	Found   bool
	Version Number
	Value   []byte
}

// size is what the entry costs in a log or a message, in bytes.
func (e *Entry) size() int { return len(e.Key) + len(e.Value) + len(e.Outcome.Value) + entryOverhead }

// entryOverhead bounds the encoded size of an entry's fixed fields.
const entryOverhead = 128
