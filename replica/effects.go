package replica

import "pikv/placement"

// Status says how an operation ended.
type Status uint8

// The ends of an operation. All but OK, UnknownFate and OutOfMemory promise
// that it had no effect and may be sent again.
const (
	OK          Status = iota
	Moved              // another node is the primary: Done.Owner, Done.Epoch
	Unavailable        // this node knows no configuration for the partition yet
	Timeout            // its deadline passed before it was numbered
	OutOfMemory        // no room for it; nothing was changed
	UnknownFate        // it was numbered, but its commit was not seen
)

// String names the status.
func (s Status) String() string {
	switch s {
	case OK:
		return "ok"
	case Moved:
		return "moved"
	case Unavailable:
		return "unavailable"
	case Timeout:
		return "timeout"
	case OutOfMemory:
		return "out of memory"
	case UnknownFate:
		return "unknown fate"
	default:
		return "status?"
	}
}

// Done answers one operation.
type Done struct {
	Tag     any // the Op's
	Status  Status
	Found   bool                  // OpGet: the key exists; OpDelete: it existed
	Value   []byte                // OpGet, when Found; the store's own bytes, never changed
	Version Number                // OpPut: the version written; OpGet: the version read
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
}

// Reset empties e and keeps its memory, but not what it pointed to.
func (e *Effects) Reset() {
	clear(e.Messages)
	clear(e.Done)
	e.Messages, e.Requests, e.Done = e.Messages[:0], e.Requests[:0], e.Done[:0]
	e.Behind, e.BehindFrom = 0, 0
}

func (e *Effects) send(to placement.Incarnation, m Message) {
	e.Messages = append(e.Messages, Envelope{To: to, Message: m})
}
