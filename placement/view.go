package placement

import (
	"fmt"
	"strconv"
)

// Incarnation is the random 64-bit id that a node draws at each start. It is
// the identity of everything the process holds: a restarted in-memory worker
// is a new incarnation and holds nothing. Zero means "none".
type Incarnation uint64

// String formats the incarnation as 16 hexadecimal digits.
func (i Incarnation) String() string { return fmt.Sprintf("%016x", uint64(i)) }

// MasterID is the id of the register that issued a view: a generation in the
// upper 24 bits, random below, so that two registers never share one. A worker
// follows one MasterID, and leaves it only for one of a later generation (but
// for when it holds nothing). Zero means "none yet".
type MasterID uint64

// The parts of a MasterID.
const (
	masterIDRandom = 40 // bits
	// MaxGeneration is the last generation that there can be.
	MaxGeneration = 1<<(64-masterIDRandom) - 1
)

// NewMasterID returns the id of a register of a generation, which is bounded by
// MaxGeneration, told from others of it by random's lower 40 bits.
func NewMasterID(generation, random uint64) MasterID {
	return MasterID(min(generation, MaxGeneration)<<masterIDRandom | random&(1<<masterIDRandom-1))
}

// Generation counts the registers before this one, each of which has lost its
// file: 1 for the first.
func (m MasterID) Generation() uint64 { return uint64(m) >> masterIDRandom }

// String formats the id as 16 hexadecimal digits.
func (m MasterID) String() string { return fmt.Sprintf("%016x", uint64(m)) }

// Epoch is a view's number. It only grows, and it is on the master's disk
// before anyone sees it. Zero means "no view yet".
type Epoch uint64

// String formats the epoch in decimal.
func (e Epoch) String() string { return strconv.FormatUint(uint64(e), 10) }

// PartitionID counts partitions from 0; it indexes View.Partitions.
type PartitionID uint16

// NodeState says what a worker may be given.
type NodeState uint8

// The states of a node in a view.
const (
	// NodeActive is a member of the ring.
	NodeActive NodeState = iota
	// NodeDraining is being emptied: it serves what it still owns and is
	// given nothing. The state belongs to the incarnation, not to the name.
	NodeDraining
	// NodeSpare is a member that is not on the ring: it is given nothing until
	// it is activated. What it holds when it becomes one moves away first.
	NodeSpare
)

// String names the state in lower case.
func (s NodeState) String() string {
	switch s {
	case NodeActive:
		return "active"
	case NodeDraining:
		return "draining"
	case NodeSpare:
		return "spare"
	default:
		return "state-" + strconv.Itoa(int(s))
	}
}

// Node is a worker as the view knows it.
type Node struct {
	Incarnation Incarnation `codec:"inc"`
	Name        string      `codec:"name"`
	Addr        string      `codec:"addr"`           // RPC host:port
	RESPAddr    string      `codec:"resp,omitempty"` // host:port of Redis' protocol; "" where there is none
	Capacity    int64       `codec:"cap"`            // bytes of --max-memory
	State       NodeState   `codec:"state"`
	// Weight is the node's share of the ring as an operator has set it, at most
	// MaxWeight; 0: by its capacity.
	Weight int `codec:"w,omitempty"`
}

// Partition is one partition's configuration: what the register of
// docs/PROTOCOL.md holds for it.
type Partition struct {
	// Epoch is that of the view which last changed this configuration. It
	// fences the partition's messages.
	Epoch Epoch `codec:"e"`
	// Primary orders the partition's operations. It is in InSync.
	Primary Incarnation `codec:"p"`
	// InSync holds every acknowledged write, each of them. Never empty once
	// the cluster is born. Sorted; contains Primary.
	InSync []Incarnation `codec:"s"`
	// Learners are replicas still being filled. Sorted; disjoint from InSync.
	Learners []Incarnation `codec:"l"`
	// Replaced says that the primary took the place of a silent one, or of a
	// lost one, and has not shown since that it serves: it must wait until
	// the leases have run out that were granted to the primary before it.
	Replaced bool `codec:"rep,omitempty"`
	// Life counts the resets of the partition, at most MaxLife. A replica that
	// holds data of an earlier life forgets it.
	Life uint32 `codec:"life,omitempty"`
}

// View is the placement in force. A View that has been published is never
// changed; Clone it first. Safe for concurrent reading.
type View struct {
	Cluster  string   `codec:"cluster"`
	MasterID MasterID `codec:"master"`
	Epoch    Epoch    `codec:"epoch"`
	// Whole is the epoch of the last view that brought back configurations from
	// before itself, after a loss of the register: who holds an earlier view
	// needs all of this one. At most Epoch.
	Whole Epoch `codec:"whole,omitempty"`
	// Replicas is the number of in-sync replicas aimed at, 1 to MaxReplicas.
	Replicas int `codec:"replicas"`
	// Nodes are sorted by name, then incarnation. Every incarnation that a
	// partition names is here, and every active or draining worker.
	Nodes      []Node      `codec:"nodes"`
	Partitions []Partition `codec:"parts"`
}
