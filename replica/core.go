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
	// stepping: a new primary answers nothing until every entry that it held
	// when it adopted the view is committed in the new configuration.
	stepping
	// handing: numbers and answers nothing more, commits its tail, then asks
	// the register to make handTo the primary. It leaves this phase only by a
	// new configuration: the request may be taken at any time.
	handing
)

// Timing holds the protocol's durations.
type Timing struct {
	Retry   time.Duration // no acknowledgement for so long: send again
	AskIn   time.Duration // no answer from the register for so long: ask again
	Silence time.Duration // a replica not heard of for so long is dropped
}

// DefaultTiming is that of docs/PROTOCOL.md, profile lan.
func DefaultTiming() Timing {
	return Timing{
		Retry:   time.Second,            // messages are lost only with their connection, which is noticed
		AskIn:   500 * time.Millisecond, // a register with a slow SD card answers in 400 ms
		Silence: time.Second,            // shorter mistakes a busy Pi for a dead one
	}
}

// Limits bounds what a Core sends at once and holds back.
type Limits struct {
	Batch  int // bytes of entries or items in one message, but at least one of them
	Window int // bytes of a fill that may be unacknowledged
	Lag    int // bytes of log that a filled learner may lack when commits begin to need it
	Log    int // bytes of log kept for a learner; past it the learner is dropped
	// Log also bounds the bytes that wait for their commit: past it later
	// writes are held instead of numbered.
}

// DefaultLimits suits a Pi: a fill holds at most Window bytes in buffers.
func DefaultLimits() Limits {
	return Limits{Batch: 64 << 10, Window: 256 << 10, Lag: 64 << 10, Log: 32 << 20}
}

// Core is the replication state of one partition at one node: what
// docs/PROTOCOL.md says, without sockets, goroutines or clocks. Events come
// in as method calls; messages, requests and answers go out as Effects.
// It is not safe for concurrent use: the node holds one lock per partition.
type Core struct {
	id     placement.PartitionID
	self   placement.Incarnation
	engine *store.Engine
	memory *store.Memory
	timing Timing
	limits Limits

	config placement.Partition // in force here; Epoch 0: none yet
	role   Role
	phase  phase

	log      tail // entries not yet applied, or not yet acknowledged by a replica
	replicas []*progress
	clients  clients

	// handTo is who is to be the next primary; 0 is nobody. While it has not
	// shown that it lives the phase is still serving.
	handTo placement.Incarnation
	stepTo Number    // phase stepping: commit this to serve
	asked  []request // of the register, at the epoch in force

	fill incoming // learner
}

// New returns the core of a partition that has no configuration yet. The
// engine must be empty; the core is its only user from now on.
func New(id placement.PartitionID, self placement.Incarnation, engine *store.Engine, memory *store.Memory, timing Timing, limits Limits) *Core {
	return &Core{id: id, self: self, engine: engine, memory: memory, timing: timing, limits: limits}
}

// Role returns this node's part in the configuration in force.
func (c *Core) Role() Role { return c.role }

// Config returns the configuration in force; its slices must not be changed.
func (c *Core) Config() placement.Partition { return c.config }

// Serving reports whether operations are answered here and now.
func (c *Core) Serving() bool { return c.role == RolePrimary && c.phase == serving }

// Active reports whether the core wants Tick calls.
func (c *Core) Active() bool {
	return len(c.replicas) > 0 || c.phase != serving || c.clients.waiting()
}

// Peers is what a Core asks about the other nodes.
type Peers interface {
	// Heard returns when the node last heard from another one, about any
	// partition; 0 for never.
	Heard(placement.Incarnation) store.Instant
	// Flushed reports whether all messages to the other node have left this
	// one: sending again what still waits here would only add to the queue.
	Flushed(placement.Incarnation) bool
}

// Tick lets time pass.
func (c *Core) Tick(now store.Instant, peers Peers, out *Effects) {
	c.clients.expire(now, out)
	if c.role != RolePrimary {
		return
	}
	c.boundLog()
	for _, r := range c.replicas {
		if now-max(peers.Heard(r.id), r.since) > store.Instant(c.timing.Silence) {
			c.ask(now, placement.Change{Kind: placement.Drop, Node: r.id}, out)
			continue
		}
		c.retry(now, r, peers, out)
	}
	c.advance(now, out)
	c.resume(now, out)
}
