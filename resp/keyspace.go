package resp

import (
	"context"
	"time"
)

// Item is what a key holds. Its bytes are the store's own: they are valid until
// the function that is given it returns, and must not be changed.
type Item struct {
	Found bool
	Value []byte
	TTL   time.Duration // that is left; 0: for ever
	Now   int64         // when it was left: a reading of Config.Clock, whether Found or not
}

// Change is what an update makes of a key. The zero value leaves it alone.
type Change struct {
	Kind ChangeKind
	// Value is for Put. It must not change again, unless it is Lent: then it is
	// copied, as an argument of the call must be.
	Value []byte
	Lent  bool
	// TTL is for all that leave a key: 0 is for ever, and below 0 the key's time
	// is over.
	TTL     time.Duration
	KeepTTL bool // Put, Copy: the TTL stays as it is, or is that of From
	From    int  // Copy: whose value, an index of the keys
}

// ChangeKind says what becomes of a key.
type ChangeKind uint8

// The changes.
const (
	Keep   ChangeKind = iota // nothing
	Put                      // it holds Value from now on
	Delete                   // it is gone
	Touch                    // it holds what it held, for TTL
	Copy                     // it holds what From held before; of several keys
)

// Serves says whether a node serves a partition. The zero value: it does.
type Serves struct {
	Elsewhere bool   // another node does
	Refusal   string // an error for the client: nobody does, or it is not known in time
}

// Keyspace is the data that the commands work on. Each method answers the call,
// by the function that it is given or by an error, before it returns or later:
// see Call. Those functions are called under locks: they write replies and
// decide, and do nothing else. They may be called more than once, of which only
// the last counts; Keyspace takes back what an earlier one has written.
//
// All keys of a call are in the slot Call.Slot. Get, Read and ReadAll note by Call.Saw
// what they found, for INFO.
type Keyspace interface {
	// Get answers with the value.
	Get(c *Call, key []byte)
	// Read lets see answer.
	Read(c *Call, key []byte, see func(c *Call, it *Item))
	// ReadAll lets see answer with all of several keys, of one moment. Some may be
	// the same.
	ReadAll(c *Call, keys [][]byte, see func(c *Call, items []Item))
	// Put writes argument i of the call to a key, for ttl, 0 is for ever, and
	// answers OK.
	Put(c *Call, key []byte, i int, ttl time.Duration)
	// Update lets f decide what becomes of a key, and answer; the answer leaves
	// when that is certain.
	Update(c *Call, key []byte, f func(c *Call, it *Item) Change)
	// UpdateAll does so for several keys, all different: all of it takes effect, or nothing.
	UpdateAll(c *Call, keys [][]byte, f func(c *Call, items []Item, changes []Change))
	// Page yields keys of the partition that a slot is in, about as many as limit,
	// from a cursor on: 0 at first, then what the last call returned, which is 0
	// at the end. Keys have places in an order that nothing changes: those from
	// cursor on are yielded, each once, and next is 1 more than the last one's
	// place. ok is false when there is no page: a refusal, an error for the client, says
	// that this is not for want of waiting; without one the partition is not served here
	// now, see Await. yield must not keep the key. With Config.Remote it may take long,
	// and gives up when ctx ends.
	Page(ctx context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, refusal string, ok bool)
	// Await waits until Page can read the partition that a slot is in, or returns
	// why it cannot. It may take long, and gives up when ctx ends.
	Await(ctx context.Context, slot uint16) Serves
	// Flush deletes the keys of all partitions that are served here, one after the
	// other, and answers OK. Keys that are written meanwhile may stay. The call is
	// held already, and Done is not for Flush, which may take long, waits by Call.Aside,
	// and gives up when ctx ends.
	Flush(ctx context.Context, c *Call)
}
