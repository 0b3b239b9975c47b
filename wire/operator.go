package wire

import (
	"fmt"
	"strconv"
)

// What operators ask of the master. Asking again is harmless.

// NodeRequest is about the worker of that name: the run of it that lives.
type NodeRequest struct {
	Node string `codec:"node"`
}

// DrainRequest asks for a worker to be emptied.
type DrainRequest struct {
	Node string `codec:"node"`
	Ask  bool   `codec:"ask,omitempty"` // only ask how much is left
}

// DrainReply reports the progress of a drain, or of a worker on its way to being
// a spare; the asker polls until Left is 0.
type DrainReply struct {
	Left  int    `codec:"left"`  // partitions that the node still holds a replica of
	State string `codec:"state"` // that it is in: active if somebody has activated it since
}

// ReplicasRequest sets how many replicas each partition is to have; 0 only
// asks how many.
type ReplicasRequest struct {
	Replicas int `codec:"replicas"`
}

// ReplicasReply says how many replicas each partition is to have from now on,
// and how many it was to have before.
type ReplicasReply struct {
	Replicas int `codec:"replicas" json:"replicas"`
	Was      int `codec:"was" json:"was"`
}

// ResetRequest gives up partitions of which no in-sync replica lives: they
// begin anew, empty.
type ResetRequest struct {
	Partitions []uint16 `codec:"parts"`
	AllLost    bool     `codec:"all"` // all of which that is so
}

// ResetReply lists the partitions that were given up, sorted.
type ResetReply struct {
	Reset []uint16 `codec:"reset" json:"reset"`
}

// ActivateReply says what state the worker was in before it was activated.
type ActivateReply struct {
	Was string `codec:"was" json:"was"` // active, draining or spare
}

// WeightRequest sets a worker's share of the ring, 1 to placement.MaxWeight; 0: by
// its capacity. One by which the memory of the worker would be short is refused, unless
// Force.
type WeightRequest struct {
	Node   string `codec:"node"`
	Weight int    `codec:"weight"`
	Force  bool   `codec:"force"`
}

// WeightReply says what the weight is from now on, and what operators had set
// before: 0 for nothing. Of Total are all active workers together.
type WeightReply struct {
	Weight int  `codec:"weight" json:"weight"`
	Was    int  `codec:"was" json:"was"`
	Total  int  `codec:"total" json:"total"`
	Gone   bool `codec:"gone" json:"gone"` // no worker of that name lives: Weight, 0 for by its capacity, is that of the next one
}

// Text says it of the worker called node.
func (r WeightReply) Text(node string) string {
	what := fmt.Sprintf("%s has the weight %d", node, r.Weight)
	if r.Gone {
		what = node + " is not there: when it is back its weight is "
		if r.Weight > 0 {
			what += strconv.Itoa(r.Weight)
		} else {
			what += "by its capacity"
		}
	}
	return fmt.Sprintf("%s; all active workers together have %d", what, r.Total)
}

// RemoveReply says that the worker takes part no more.
type RemoveReply struct{}

// EventsRequest asks for what happened after the event with the number After; 0:
// for all that the master remembers.
type EventsRequest struct {
	After  uint64 `codec:"after"`
	WaitMS int64  `codec:"wait"` // answer later, up to this many milliseconds, when nothing has happened since
}

// EventsReply lists events, the oldest first. The master remembers a few hundred,
// and none from before its start.
type EventsReply struct {
	Events []Event `codec:"events" json:"events"`
}

// Event is something that changed the cluster, or that ought to be known.
type Event struct {
	Number uint64 `codec:"n" json:"number"`
	AgoMS  int64  `codec:"ago" json:"ago_ms"` // how long it was ago when the master answered
	Kind   string `codec:"kind" json:"kind"`
	Node   string `codec:"node" json:"node,omitempty"` // "" for none
	Text   string `codec:"text" json:"text"`
}
