package placement

import "strconv"

// ChangeKind is a step that the register can take on one partition.
type ChangeKind uint8

// The kinds of change. Each is asked for by an in-sync replica. Those that
// only a primary which serves asks for (the first three) clear
// Partition.Replaced.
const (
	// AddLearner adds Node, empty, as a learner. Asked by the primary.
	AddLearner ChangeKind = iota + 1
	// Promote makes the caught-up learner Node an in-sync backup. Asked by
	// the primary.
	Promote
	// HandOver makes the in-sync backup Node the primary; the old primary
	// stays in sync. Asked by the primary.
	HandOver
	// Drop removes the learner or backup Node. Asked by the primary.
	Drop
	// Replace makes the in-sync backup Node the primary in the place of one
	// that is silent, which leaves the in-sync replicas in the same step.
	// Asked by an in-sync backup, which need not be Node. It sets
	// Partition.Replaced.
	Replace
)

// String names the kind in lower case.
func (k ChangeKind) String() string {
	switch k {
	case AddLearner:
		return "add learner"
	case Promote:
		return "promote"
	case HandOver:
		return "hand over"
	case Drop:
		return "drop"
	case Replace:
		return "replace"
	default:
		return "change " + strconv.Itoa(int(k))
	}
}

// Change is one request to the register, and one step of a plan. It is
// idempotent: the register takes it only at exactly Epoch.
type Change struct {
	Kind      ChangeKind  `codec:"kind"`
	Partition PartitionID `codec:"p"`
	Epoch     Epoch       `codec:"e"`    // the partition's epoch that the asker knows
	Asker     Incarnation `codec:"from"` // in a plan: the primary that is to ask
	Node      Incarnation `codec:"node"` // whom it is about
}
