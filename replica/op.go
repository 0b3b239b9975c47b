package replica

import (
	"bytes"
	"time"

	"pikv/placement"
	"pikv/store"
)

// OpKind says what a client wants.
type OpKind uint8

// The operations.
const (
	OpGet OpKind = iota + 1
	OpPut
	OpDelete
	OpIncr   // adds Op.Delta to the value, a decimal integer; a key that is absent counts as 0
	OpUpdate // does to Op.Key what Op.Decide decides
	OpGroup  // does so to all of Op.Keys, by one entry: all of it or nothing
)

// Condition says what a key must be for a put or delete to take effect.
type Condition uint8

// The conditions.
const (
	Always    Condition = iota
	IfAbsent            // there is no such key
	IfPresent           // there is one
	IfVersion           // it has Op.Version
)

// RequestID names a write, so that it takes effect once however often it is
// sent. The zero value names none: sent twice, it may take effect twice.
type RequestID struct {
	Client uint64 // drawn at random by the client; 0: no name
	Seq    uint64 // of the client's writes, from 1
	// Finished: the client waits for no write below it any more.
	Finished uint64
	// Attempt is 1 until one may have reached a primary whose answer was lost.
	Attempt uint64
}

func (id RequestID) named() bool { return id.Client != 0 && id.Seq != 0 }

// Op is one client operation, on one key but for OpGroup.
type Op struct {
	Kind OpKind
	Key  []byte   // borrowed: copied if it must be kept
	Keys [][]byte // OpGroup, in place of Key; borrowed as that is. All of this partition, and no two the same
	// Value belongs to the core from the call on and must not change again,
	// unless it is Lent: then it is borrowed as Key is, or belongs to the core
	// once that has called Give, if there is one.
	Value   []byte        // OpPut
	Lent    bool          // OpPut
	Give    func()        // OpPut
	TTL     time.Duration // OpPut; 0 is for ever
	Old     bool          // OpPut: answer with the value that was there before
	Delta   int64         // OpIncr
	Decide  Decider       // OpUpdate, OpGroup
	If      Condition     // OpPut, OpDelete
	Version Number        // IfVersion
	ID      RequestID     // of a write
	// Epoch is the newest partition epoch that the client has heard of, 0 for
	// none. A node that is behind it waits for its view instead of refusing.
	Epoch    placement.Epoch
	Deadline store.Instant // when to give up; 0 is never
	Tag      any           // returned in Done

	body    uint64 // an upload's: the replicas have the value
	plan    *plan  // OpUpdate, OpGroup: what was decided and uploaded
	starved bool   // it has waited for room
	first   bool   // of all that wait on its keys it came first, and is run again: see lines
	kept    bool   // it borrows nothing any more
}

// changes reports whether the operation may change something: its place among
// others on the same key matters.
func (op *Op) changes() bool { return op.Kind != OpGet }

// own makes the core's what was lent.
func (op *Op) own() {
	if op.Decide != nil && !op.kept {
		op.Decide.Keep()
	}
	op.kept = true
	switch {
	case !op.Lent:
		return
	case op.Give != nil:
		op.Give()
	default:
		op.Value = bytes.Clone(op.Value)
	}
	op.Lent, op.Give = false, nil
}

// Do runs an operation. Its Done comes in out, of this call or of a later
// event, exactly once.
func (c *Core) Do(now store.Instant, op *Op, out *Effects) {
	switch {
	case op.Epoch > c.config.Epoch:
		if op.Epoch > out.Behind {
			out.Behind, out.BehindFrom = op.Epoch, 0
		}
		c.clients.park(now, op)
	case c.config.Epoch == 0:
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: Unavailable})
	case c.role != RolePrimary && c.leader.handedOver(now):
		c.clients.park(now, op)
	case c.role != RolePrimary:
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: Moved, Owner: c.config.Primary, Epoch: c.config.Epoch})
	case !c.Serves(now):
		c.clients.hold(now, op)
	default:
		c.execute(now, op, out)
	}
}

// Get answers a read that has to wait for nothing: like Do, but without effects.
// ok is false when it is Do's. The item is the engine's own, and
// valid until the Core is unlocked.
func (c *Core) Get(now store.Instant, key []byte, epoch placement.Epoch) (item store.Item, found, ok bool) {
	if c.role != RolePrimary || epoch > c.config.Epoch || !c.Serves(now) {
		return store.Item{}, false, false
	}
	item, found = c.engine.Get(key)
	if found && item.Expired(now) {
		return store.Item{}, false, false
	}
	return item, found, true
}

// crowded reports that no more entries may be numbered for now: so much waits
// for its commit already that a replica must be silent, and what cannot be
// committed must not fill the memory.
func (c *Core) crowded() bool { return c.log.open > c.node.limits.Log }

// resume runs the operations that were held, if they need not be any more. What
// makes it possible may have a reading of the clock that is older than they are: a
// message that was read before this node slept, and is handled after it woke.
// Leases must last at a time when the operations had arrived.
func (c *Core) resume(now store.Instant, out *Effects) {
	now = max(now, c.clients.heldAt)
	if len(c.clients.starved) > 0 && !c.crowded() && c.Serves(now) {
		c.feed(now, out)
	}
	if len(c.clients.held) > 0 && !c.clients.lines.stuck && !c.crowded() && c.Serves(now) {
		c.clients.release(c, now, out)
	}
}
