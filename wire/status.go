package wire

// StatusReply is the operator's view of the cluster. Each partition is counted
// in one of Synced, Degraded, Moving, Waiting and Lost; Frozen is beside that.
// While Listening says something none is counted.
type StatusReply struct {
	Cluster    string `codec:"cluster" json:"cluster"`
	Node       string `codec:"node" json:"node"` // who answered
	Role       string `codec:"role" json:"role"`
	Version    string `codec:"version" json:"version"`
	MasterID   string `codec:"master" json:"master_id"`
	MasterAddr string `codec:"maddr" json:"master_addr"`
	Listening  string `codec:"listening" json:"listening"` // why the master hears from the workers first, and does not know how the partitions are; "" when it does
	Epoch      uint64 `codec:"epoch" json:"epoch"`
	Replicas   int    `codec:"replicas" json:"replicas"`
	Partitions int    `codec:"parts" json:"partitions"`
	Moving     int    `codec:"moving" json:"moving"`     // partitions with a learner or more replicas than asked for
	Waiting    int    `codec:"waiting" json:"waiting"`   // partitions that nobody serves at the moment
	Lost       int    `codec:"lost" json:"lost"`         // partitions whose every in-sync replica is gone for good
	Frozen     int    `codec:"frozen" json:"frozen"`     // partitions that a recovering master must not change yet
	Synced     int    `codec:"synced" json:"synced"`     // partitions with as many in-sync replicas as wanted, where they are wanted
	Degraded   int    `codec:"degraded" json:"degraded"` // partitions that are served with fewer, and get no other yet
	OnLoss     string `codec:"onloss" json:"on_loss"`    // wait or reset
	// SyncedMS is since when all partitions are synced, in milliseconds, -1 when
	// they are not. UnsyncedMS is since when they are not, 0 when they are.
	SyncedMS   int64 `codec:"syncedms" json:"synced_ms"`
	UnsyncedMS int64 `codec:"unsyncedms" json:"unsynced_ms"`
	// MoveDone, MoveTotal and MoveRate sum up all fills: bytes, bytes, bytes/s.
	MoveDone  int64 `codec:"mdone" json:"move_done_bytes"`
	MoveTotal int64 `codec:"mtotal" json:"move_total_bytes"`
	MoveRate  int64 `codec:"mrate" json:"move_rate_bytes_per_second"`
	// Scaling is what the master's scaling policy has decided last.
	Scaling ScalingStatus `codec:"scaling" json:"scaling"`
	// At most MaxListed of each.
	Problems []PartitionProblem `codec:"problems" json:"problems"`
	Moves    []MoveStatus       `codec:"moves" json:"moves"`
	Members  []MemberStatus     `codec:"members" json:"members"`
}

// ScalingStatus is what becomes of the number of workers.
type ScalingStatus struct {
	Mode   string `codec:"mode" json:"mode"`     // off, advise or on; "" when the master does not answer
	Step   string `codec:"step" json:"step"`     // nothing, activate, spare or warn
	Node   string `codec:"node" json:"node"`     // that the step is about, "" for none in particular
	Reason string `codec:"reason" json:"reason"` // why, or why nothing is done
	Leads  int    `codec:"leads" json:"leads"`   // partitions led by another replica than the ring's first, for the requests' sake
}

// MaxListed bounds the problems, and the moves, that a status lists.
const MaxListed = 64

// PartitionProblem is a partition that is not as it should be.
type PartitionProblem struct {
	Partition uint16   `codec:"p" json:"partition"`
	State     string   `codec:"state" json:"state"` // waiting, lost, degraded or frozen
	Primary   string   `codec:"primary" json:"primary"`
	InSync    []string `codec:"insync" json:"in_sync"`
	For       string   `codec:"for" json:"waits_for"` // names of the nodes that it waits for
	Why       string   `codec:"why" json:"why"`
}

// MoveStatus is the filling of one learner, in bytes and bytes per second.
type MoveStatus struct {
	Partition uint16 `codec:"p" json:"partition"`
	From      string `codec:"from" json:"from"`
	To        string `codec:"to" json:"to"`
	Done      int64  `codec:"done" json:"done_bytes"`
	Total     int64  `codec:"total" json:"total_bytes"`
	Rate      int64  `codec:"rate" json:"rate_bytes_per_second"`
}
