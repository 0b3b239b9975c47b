package replica

import (
	"pikv/placement"
	"pikv/store"
)

// Status says how an operation ended.
type Status uint8

// The ends of an operation. All but OK, UnknownFate and Forgotten promise that it
// had no effect. Moved, Unavailable, Timeout and Crowded may be sent again.
const (
	OK              Status = iota
	ConditionFailed        // the key is not as the condition wants it; Done.Version says how it is
	NotInteger             // OpIncr: the value is no integer, or would leave the range of 64 bits
	OutOfMemory            // no room for it, here or at a replica
	Finished               // its client has said before that it is finished with it
	Moved                  // another node is the primary: Done.Owner, Done.Epoch
	Unavailable            // this node knows no configuration for the partition yet
	Timeout                // its deadline passed before it was numbered
	Crowded                // too many clients have records here
	UnknownFate            // it was numbered, but its commit was not seen: asked again under its name, it has an answer
	Forgotten              // it may have been numbered before, and its record is gone: there will never be an answer
	TooLarge               // OpUpdate, OpGroup: what it would write is over Limits.Value, or its keys are over Limits.Keys; Op.Old: the old value and the new one together are
	Malformed              // OpGroup: no key, one twice, or a copy of what is a copy itself
)

// String names the status.
func (s Status) String() string {
	names := [...]string{
		"ok", "condition failed", "not an integer", "out of memory", "finished",
		"moved", "unavailable", "timeout", "crowded", "unknown fate", "forgotten", "too large", "malformed",
	}
	if int(s) >= len(names) {
		return "status?"
	}
	return names[s]
}

// Done answers one operation.
type Done struct {
	Tag     any // the Op's
	Status  Status
	Found   bool                  // OpGet: the key exists; OpDelete and Op.Old: it existed; OpUpdate, OpGroup: something changed
	Value   []byte                // OpGet and Op.Old, when Found; OpIncr: the new value; OpUpdate, OpGroup: what Decide returned; perhaps the store's own bytes, valid until the Core is unlocked
	Version Number                // the version written or, of OpGet, ConditionFailed and an OpUpdate that changed nothing, the one there is, 0 for none
	Expires store.Instant         // OpGet, when Found: when its time is over, 0 is never
	Owner   placement.Incarnation // Moved
	Epoch   placement.Epoch       // Moved: the partition's epoch
}

// Effects is what an event makes the node do. The caller passes the same
// Effects again and again: it handles and resets them after each event,
// before it unlocks the Core, so that messages leave in order.
type Effects struct {
	Messages []Envelope         // to send, in order per receiver; a lost one is sent again later
	Requests []placement.Change // to ask of the register; asked again later if no answer comes
	Done     []Done             // operations to answer
	// Behind is the highest partition epoch seen in a message that is above
	// this node's own, and BehindFrom who knows it: fetch the view.
	Behind     placement.Epoch
	BehindFrom placement.Incarnation
	// Short is for how many bytes of this node's memory somebody waits, Starved
	// that operations of this partition wait for room, here or elsewhere, until a
	// Tick finds some, and Evict that another node has less room than it wants:
	// time to evict.
	Short   int64
	Starved bool
	Evict   bool
	// Expired is how many keys the primary removes because their time is over.
	Expired int64
	entries []Entry // of Messages: room that is used again
	decide  deciding
}

// Reset empties e and keeps its memory, but not what it pointed to.
func (e *Effects) Reset() {
	clear(e.Messages)
	clear(e.Done)
	clear(e.entries)
	e.entries = e.entries[:0]
	e.Messages, e.Requests, e.Done = e.Messages[:0], e.Requests[:0], e.Done[:0]
	e.Behind, e.BehindFrom = 0, 0
	e.Short, e.Starved, e.Evict, e.Expired = 0, false, false, 0
	e.decide.reset()
}

func (e *Effects) send(to placement.Incarnation, m Message) {
	e.Messages = append(e.Messages, Envelope{To: to, Message: m})
}
