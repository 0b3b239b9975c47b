package replica

import (
	"time"

	"pikv/placement"
)

// MessageKind says which fields of a Message are meaningful.
type MessageKind uint8

// The messages between the replicas of a partition.
const (
	// MsgAppend carries entries from the primary to a backup or a filled
	// learner, in order. Without entries it asks for an Ack.
	MsgAppend MessageKind = iota + 1
	// MsgFill carries a run of snapshot items from the primary to a learner.
	MsgFill
	// MsgAck tells the primary all that a backup or learner has.
	MsgAck
	// MsgStale answers a message of an epoch below the receiver's: the
	// sender should fetch the view.
	MsgStale
	// MsgBody carries a chunk of a large value from the primary to a replica,
	// ahead of the entry that it belongs to.
	MsgBody
	// MsgBodyAck tells the primary how much of a body a replica has.
	MsgBodyAck
)

// Message is one message about one partition. The pair of workers that it
// travels between is known from the connection's handshake, so a message
// holds no names.
type Message struct {
	Kind      MessageKind
	Partition placement.PartitionID
	Epoch     placement.Epoch // the partition's, at the sender

	// MsgAppend: Entries follow (PrevEpoch, Prev). MsgFill with Done: the
	// snapshot is the cut at (PrevEpoch, Prev). MsgAck: the receiver's last
	// entry is (PrevEpoch, Prev).
	Prev      Number
	PrevEpoch placement.Epoch

	Commit Number // MsgAppend: entries up to here are committed; MsgAck: the receiver knows that they are
	// Start, of MsgAppend: the primary's entries after it are of this Epoch. A
	// later one of an earlier epoch was left over by an earlier primary, and
	// was never committed.
	Start   Number
	Entries []Entry // MsgAppend

	From    uint64   // MsgFill: index of the first item; MsgAck: index expected next
	Items   []Item   // MsgFill
	Records []Record // MsgFill: they are counted as items, and follow all of them
	Done    bool     // MsgFill: no item follows; MsgAck: the fill is complete
	Full    bool     // MsgAck: no memory for the next items; MsgBodyAck: for the body

	// MsgBody: Data are the bytes from From on, of Total; a Total of 0 says that
	// nothing will come of it. MsgBodyAck: the bytes before From are here.
	Body  uint64
	Total uint64
	Data  []byte
}

// Item is one key of a snapshot.
type Item struct {
	Key     []byte
	Value   []byte
	Version Number
	TTL     time.Duration // what remained when it was sent; 0 is for ever
}

func (it *Item) size() int { return len(it.Key) + len(it.Value) + entryOverhead }

// Envelope is a message with its receiver.
type Envelope struct {
	To      placement.Incarnation
	Message Message
}
