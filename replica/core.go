package replica

import (
	"time"

	"pikv/placement"
	"pikv/store"
)

// Role is this node's part in a partition.
type Role uint8

// The roles.
const (
	RoleNone    Role = iota // holds nothing of the partition
	RoleLearner             // is being filled
	RoleBackup              // has every acknowledged write
	RolePrimary             // orders the operations
)

// String names the role.
func (r Role) String() string { return [...]string{"none", "learner", "backup", "primary"}[r] }

// phase is what a primary is doing. Other roles have phase serving.
type phase uint8

const (
	serving phase = iota
	// stepping: a new primary answers nothing until no earlier one can answer
	// any more, and every entry that it held when it adopted the view is
	// committed in the new configuration.
	stepping
	// handing: numbers and answers nothing more, commits its tail, then asks
	// the register to make handTo the primary. When nothing comes of it this
	// node serves on: a request that is taken later finds a primary that waits
	// like one that has replaced another.
	handing
)

// Timing holds the protocol's durations.
type Timing struct {
	Retry   time.Duration // no acknowledgement for so long: send again
	AskIn   time.Duration // no answer from the register for so long: ask again
	Silence time.Duration // a replica not heard of for so long is dropped, or replaced
	Beat    time.Duration // between two requests for a lease
	Lease   time.Duration // a lease lasts so long after it was asked for
	// Wait is for how long a primary that has replaced another answers
	// nothing: longer than Lease on the slowest clock.
	Wait time.Duration
	// Forget is how long a client is idle before its records are dropped. No
	// attempt at a write may be under way for so long.
	Forget time.Duration
	// Evict is how long a write waits for others to be evicted when there is no
	// room for it; 0: nothing is evicted, and it is refused at once.
	Evict time.Duration
	// Stall is how long a learner whose node lives may leave what was sent
	// unacknowledged before it is given up; 0: for ever.
	Stall time.Duration
}

// DefaultTiming is that of docs/PROTOCOL.md, profile lan.
func DefaultTiming() Timing {
	return Timing{
		Retry:   time.Second,            // messages are lost only with their connection, which is noticed
		AskIn:   500 * time.Millisecond, // a register with a slow SD card answers in 400 ms
		Silence: time.Second,            // shorter mistakes a busy Pi for a dead one
		Beat:    100 * time.Millisecond, // five may get lost before a lease lapses
		Lease:   600 * time.Millisecond, // bounds what a death costs; survives a pause of half a second
		Wait:    700 * time.Millisecond, // Lease, 1 % drift each way, and a margin
		Forget:  10 * time.Minute,       // sixty times a client's default timeout
		Stall:   30 * time.Second,       // twice what it takes to see that a connection is dead, which may mend it
	}
}

// WiFiTiming is for radios, which sleep for two seconds at a time.
func WiFiTiming() Timing {
	t := DefaultTiming()
	t.Silence, t.Lease, t.Wait = 6*time.Second, 4*time.Second, 4500*time.Millisecond
	return t
}

// Limits bounds what a Core sends at once and holds back.
type Limits struct {
	Batch  int // bytes of entries in one message, but at least one of them
	Chunk  int // bytes of a snapshot's items in one message, but at least one of them
	Body   int // bytes of a value that is sent ahead of its entry, in chunks of Batch
	Window int // bytes of a fill, or of a large value, that may be unacknowledged
	Lag    int // bytes of log that a filled learner may lack when commits begin to need it
	Log    int // bytes of log kept for a learner; past it the learner is dropped
	// Log also bounds the bytes that wait for their commit: past it later
	// writes are held instead of numbered.
	Value    int // bytes of a value that an OpUpdate makes, of all that an OpGroup writes, and of both values of an OpPut that returns the old one
	Keys     int // of an OpGroup
	Records  int // outcomes remembered of one client, the latest
	Sessions int // clients of which outcomes are remembered; past it others are told to wait
}

// DefaultLimits suits a Pi: a fill holds at most Window bytes in buffers. A worker allows
// more Sessions.
func DefaultLimits() Limits {
	return Limits{Batch: 64 << 10, Chunk: 16 << 10, Body: 64 << 10, Window: 256 << 10, Lag: 64 << 10, Log: 32 << 20, Value: 64 << 20, Keys: 4096, Records: 16 << 10, Sessions: 8192}
}

// Core is the replication state of one partition at one node: what
// docs/PROTOCOL.md says, without sockets, goroutines or clocks. Events come
// in as method calls; messages, requests and answers go out as Effects.
// It is not safe for concurrent use: the node holds one lock per partition.
// A node has one for every partition of its cluster, so what most of them never
// need lies elsewhere.
type Core struct {
	// What every operation looks at comes first: it lies together.
	engine   *store.Engine
	id       placement.PartitionID
	role     Role
	phase    phase // primary
	mustWait bool  // of reign, as is clear: here they take no room
	clear    bool
	replicas []*progress         // primary: the others
	config   placement.Partition // in force here; Epoch 0: none yet
	log      tail                // entries not yet applied, or not yet acknowledged by a replica
	node     *Node
	clients  clients

	uploads  *uploads // primary; nil: it has had none
	sessions sessions
	reign    reign              // primary
	leader   *leader            // backup and learner, else nil
	staged   map[uint64]*staged // backup and learner: by their names
	fill     incoming           // learner
	asked    []request          // of the register, at the epoch in force
	charged  int64              // of memory: see charge
}

// reign is what a primary keeps of its beginning and its end.
type reign struct {
	// start is the log's last number when this epoch was adopted: what
	// follows is of this epoch, at every replica that has it rightly.
	start Number
	// Phase stepping ends when stepTo is committed and Core.clear: no
	// earlier primary can serve. It is from waitTill on; and before that, unless
	// Core.mustWait, when every in-sync replica has acknowledged the epoch.
	stepTo   Number
	waitTill store.Instant
	// handTo is who is to be the next primary; 0 is nobody. While it has not
	// shown that it lives the phase is still serving.
	handTo    placement.Incarnation
	handSince store.Instant // phase handing
}

// leader is what another replica keeps of its primary.
type leader struct {
	id    placement.Incarnation
	pair  *Pair
	since store.Instant // when it became known as primary: silence counts from then
	// quiet is until when requests wait, instead of being sent to it: this node
	// handed over to it, and it has not shown that it knows. 0: they do not.
	quiet store.Instant
}

// New returns the core of a partition that has no configuration yet. The
// engine must be empty, and of the node's memory; the core is its only user from
// now on.
func New(id placement.PartitionID, engine *store.Engine, node *Node) *Core {
	c := new(Core)
	c.Init(id, engine, node)
	return c
}

// Init is New for a Core that is a part of something else. It must not be copied any
// more.
func (c *Core) Init(id placement.PartitionID, engine *store.Engine, node *Node) {
	*c = Core{id: id, engine: engine, node: node}
}

// Role returns this node's part in the configuration in force.
func (c *Core) Role() Role { return c.role }

// Config returns the configuration in force; its slices must not be changed.
func (c *Core) Config() placement.Partition { return c.config }

// Active reports whether the core wants Tick calls for its own sake. One that
// only waits for a peer's death does not: see Tick.
func (c *Core) Active() bool {
	if c.clients.waiting() || c.phase != serving || c.uploads.any() || len(c.staged) > 0 {
		return true
	}
	for _, r := range c.replicas {
		if r.learner || !r.hello || r.failed || r.differs || r.acked < c.log.last || r.applied < c.log.commit {
			return true
		}
	}
	return false
}

// Tick lets time pass. It is due while the core is Active, and whenever a node
// that its configuration names is silent or gone.
func (c *Core) Tick(now store.Instant, out *Effects) {
	c.clients.expire(now, c.discard, out)
	c.refuseStarved(now, out)
	c.unstageIdle(now)
	switch c.role {
	case RoleBackup:
		if c.leader.lost(now, c.node.timing.Silence) {
			c.ask(now, placement.Change{Kind: placement.Replace, Node: c.node.self}, out)
		}
		if now >= c.leader.quiet {
			c.heardLeader(now, out)
		}
	case RolePrimary:
		c.boundLog()
		for _, r := range c.replicas {
			if r.lost(now, c.node.timing.Silence) {
				c.ask(now, placement.Change{Kind: placement.Drop, Node: r.id}, out)
				continue
			}
			if r.fill != nil {
				r.fill.relieve(now)
			}
			c.giveUpStalled(now, r, out)
			c.retry(now, r, out)
		}
		c.tendUploads(now, out)
		c.giveUpHanding(now)
		c.advance(now, out)
		c.resume(now, out)
	}
}

// handedOver reports whether this node handed over to the primary, of which it has
// not heard since. l may be nil.
func (l *leader) handedOver(now store.Instant) bool { return l != nil && now < l.quiet }

// lost reports whether the primary seems to be dead.
func (l *leader) lost(now store.Instant, silence time.Duration) bool {
	return l.pair.Gone() || now-max(l.pair.Heard(), l.since) > store.Instant(silence)
}
