package wire

// Method names. Get, Put, Del, MGet, MPut, MDel, Incr, GetSet, AtMost, Owner and Peer
// are encoded by hand (call.go, update.go, atmost.go, peer.go); the others take one msgpack map,
// below, and return one.
const (
	MethodGet      = "Get"      // [key, options?] -> bin | nil; [bin, version] | nil with the option "version", [bin, version, ms] | nil with "left"
	MethodPut      = "Put"      // [key, value, options?] -> version
	MethodDel      = "Del"      // [key...] -> count of keys that existed
	MethodIncr     = "Incr"     // [key, delta, options?] -> the new value
	MethodGetSet   = "GetSet"   // [key, value, options?] -> the old value: bin | nil
	MethodMGet     = "MGet"     // [[key...], options?] -> one of bin | nil | error array per key
	MethodMPut     = "MPut"     // [[[key, value]...], options?] -> one of version | error array per pair
	MethodMDel     = "MDel"     // [[key...], options?] -> one of true | false | error array per key
	MethodAtMost   = "AtMost"   // a notification: [bytes], the most of values in one answer to Get or MGet on this connection
	MethodKeys     = "Keys"     // KeysRequest -> KeysReply, the worker that owns the partition; the master asks it
	MethodOwner    = "Owner"    // [key] -> OwnerReply, any node
	MethodView     = "View"     // ViewRequest -> ViewReply, any node
	MethodStatus   = "Status"   // [] -> StatusReply, any node (the master knows most)
	MethodMembers  = "Members"  // [] -> MembersReply, any node
	MethodDrain    = "Drain"    // DrainRequest -> DrainReply, master; workers relay it
	MethodSpare    = "Spare"    // DrainRequest -> DrainReply, master; workers relay it
	MethodActivate = "Activate" // NodeRequest -> ActivateReply, master; workers relay it
	MethodWeight   = "Weight"   // WeightRequest -> WeightReply, master; workers relay it
	MethodRemove   = "Remove"   // NodeRequest -> RemoveReply, master; workers relay it
	MethodEvents   = "Events"   // EventsRequest -> EventsReply, master; workers relay it
	MethodReplicas = "Replicas" // ReplicasRequest -> ReplicasReply, master; workers relay it
	MethodReset    = "Reset"    // ResetRequest -> ResetReply, master; workers relay it
	MethodReport   = "Report"   // ReportRequest -> ReportReply, worker to master
	MethodChange   = "Change"   // ChangeRequest -> ChangeReply, worker to master; workers relay it
	MethodPeer     = "Peer"     // a hello, then notifications between workers, see PeerFrame
)

// KeysRequest asks for one page of one partition's keys.
type KeysRequest struct {
	Partition uint16 `codec:"p"`
	Cursor    uint64 `codec:"cursor"` // 0 starts; then KeysReply.Next
	Prefix    []byte `codec:"prefix"`
	Limit     int    `codec:"limit"` // keys at most, 1..1000
}

// KeysReply is a page. A key that lived through the whole scan is returned
// exactly once, also when its partition moves meanwhile.
type KeysReply struct {
	Keys [][]byte `codec:"keys"`
	Next uint64   `codec:"next"` // 0: the partition has no more
}

// OwnerReply says who serves a key.
type OwnerReply struct {
	Slot      uint16 `codec:"slot"`
	Partition uint16 `codec:"partition"`
	Epoch     uint64 `codec:"epoch"` // the partition's
	Node      string `codec:"node"`
	Addr      string `codec:"addr"`
	RESP      string `codec:"resp"` // host:port of Redis' protocol, "" for none
}

// ViewRequest asks for what changed in the view.
type ViewRequest struct {
	MasterID uint64 `codec:"master"` // of the view that the asker holds, 0 for none
	Since    uint64 `codec:"since"`  // its epoch, 0 for none
	WaitMS   int64  `codec:"wait"`   // answer later, up to this many milliseconds, when nothing is newer
}

// ViewReply carries the changes, or none.
type ViewReply struct {
	MasterID   uint64 `codec:"master"`
	Epoch      uint64 `codec:"epoch"`
	MasterAddr string `codec:"addr"` // the master's RPC address as this node knows it, "" when unknown
	// Delta is placement.Delta, encoded; empty when the asker is up to date.
	Delta []byte `codec:"delta"`
}

// MemberStatus is a node as gossip and its last report show it.
type MemberStatus struct {
	Name        string `codec:"name" json:"name"`
	Role        string `codec:"role" json:"role"`
	Incarnation uint64 `codec:"inc" json:"incarnation,string"`
	Addr        string `codec:"addr" json:"addr"`     // RPC
	RESP        string `codec:"resp" json:"resp"`     // host:port of Redis' protocol, "" for none
	Gossip      string `codec:"gossip" json:"gossip"` // gossip address
	State       string `codec:"state" json:"state"`   // joining, active, draining, spare, removed, dead; stranger: holds partitions of another master
	Weight      int    `codec:"weight" json:"weight"` // a worker's share of the ring, by its capacity or as an operator has set it; 0 when the view does not have it
	Capacity    int64  `codec:"cap" json:"capacity_bytes"`
	Used        int64  `codec:"used" json:"used_bytes"`
	Keys        int64  `codec:"keys" json:"keys"`
	Mortal      int64  `codec:"mortal" json:"mortal_keys,omitempty"`   // of them, those that have a time to live
	Eviction    string `codec:"evict" json:"eviction,omitempty"`       // a worker's --eviction: none or lru
	Evicted     int64  `codec:"evicted" json:"evicted_keys,omitempty"` // by it, since it started
	Expired     int64  `codec:"expired" json:"expired_keys,omitempty"` // likewise
	Primaries   int    `codec:"prim" json:"primaries"`                 // partitions it owns in the view
	Replicas    int    `codec:"repl" json:"replicas"`                  // partitions it holds in sync or is learning
	Load        Load   `codec:"load" json:"load"`                      // a worker's, as it reported in the last seconds, with at most MaxShownPartitions
}

// MembersReply lists the nodes, masters first, then by name.
type MembersReply struct {
	Members []MemberStatus `codec:"members" json:"members"`
}

// ReportRequest is a worker's heartbeat to the master.
type ReportRequest struct {
	Name        string `codec:"name"`
	Incarnation uint64 `codec:"inc"`
	MasterID    uint64 `codec:"master"` // the master that it follows, 0 for none yet
	Epoch       uint64 `codec:"epoch"`  // of the view that it holds, 0 for none
	Used        int64  `codec:"used"`
	Keys        int64  `codec:"keys"`
	Mortal      int64  `codec:"mortal"`  // of them, those that have a time to live
	Eviction    string `codec:"evict"`   // --eviction
	Evicted     int64  `codec:"evicted"` // keys, since it started
	Expired     int64  `codec:"expired"` // likewise
	// View is the whole view that it holds, encoded, while that view was
	// issued by another master than the one it follows now; else empty.
	View []byte `codec:"view"`
	// Moves are the fills under way at this worker's primaries, and Waiting the
	// partitions of which it is the primary and that cannot answer or commit for
	// more than a second. At most MaxReported of each.
	Moves   []MoveReport `codec:"moves"`
	Waiting []WaitReport `codec:"waiting"`
	Load    Load         `codec:"load"`
}

// MaxReported bounds the moves, and the waiting partitions, of one report.
const MaxReported = 256

// MoveReport is how far the filling of a learner is, in bytes.
type MoveReport struct {
	P     uint16 `codec:"p"`
	Node  uint64 `codec:"node"` // the learner
	Done  int64  `codec:"done"`
	Total int64  `codec:"total"`
}

// WaitReport is a partition that waits.
type WaitReport struct {
	P   uint16 `codec:"p"`
	For uint64 `codec:"for"` // a node, 0 for none in particular
	Why string `codec:"why"`
}

// ReportReply carries the plan for this worker and the register's identity.
type ReportReply struct {
	MasterID uint64 `codec:"master"`
	// Epoch is that of the view in force. To a report with a View it is 0
	// until that view has been taken into account: until then the worker must
	// not adopt a view of MasterID.
	Epoch uint64 `codec:"epoch"`
	// Forswear tells a worker that follows another master id to follow
	// MasterID from now on and to report again with its view.
	Forswear bool `codec:"forswear"`
	// Removed tells the worker that an operator has removed this run of it.
	Removed bool `codec:"removed,omitempty"`
	// Suggest holds placement.Change values for partitions whose primary
	// this worker is, encoded with EncodeChanges.
	Suggest []byte `codec:"suggest"`
}

// ChangeRequest asks the register for changes. Each is taken or refused by itself.
type ChangeRequest struct {
	MasterID uint64 `codec:"master"`
	Changes  []byte `codec:"changes"` // placement.EncodeChanges
}

// ChangeReply answers a ChangeRequest once every change that was taken is on disk.
type ChangeReply struct {
	Epoch uint64   `codec:"epoch"` // the view in force after the changes
	Texts []string `codec:"texts"` // per change: "" when taken, else why not
}
