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
)

// Op is one client operation on one key.
type Op struct {
	Kind OpKind
	Key  []byte // borrowed: copied if it must be kept
	// Value belongs to the core from the call on and must not change again.
	Value []byte        // OpPut
	TTL   time.Duration // OpPut; 0 is for ever
	// Epoch is the newest partition epoch that the client has heard of, 0 for
	// none. A node that is behind it waits for its view instead of refusing.
	Epoch    placement.Epoch
	Deadline store.Instant // when to give up; 0 is never
	Tag      any           // returned in Done
}

// Do runs an operation. Its Done comes in out, of this call or of a later
// event, exactly once.
func (c *Core) Do(now store.Instant, op *Op, out *Effects) {
	switch {
	case op.Epoch > c.config.Epoch:
		if op.Epoch > out.Behind {
			out.Behind, out.BehindFrom = op.Epoch, 0
		}
		c.clients.hold(op)
	case c.config.Epoch == 0:
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: Unavailable})
	case c.role != RolePrimary:
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: Moved, Owner: c.config.Primary, Epoch: c.config.Epoch})
	case c.phase != serving:
		c.clients.hold(op)
	default:
		c.execute(now, op, out)
	}
}

// crowded reports that no more entries may be numbered for now: so much waits
// for its commit already that a replica must be silent, and what cannot be
// committed must not fill the memory.
func (c *Core) crowded() bool { return c.log.open > c.limits.Log }

// resume runs the operations that were held while it was crowded.
func (c *Core) resume(now store.Instant, out *Effects) {
	if c.clients.queued && c.Serving() && !c.crowded() {
		c.clients.release(c, now, out)
	}
}

// execute runs an operation at a serving primary.
func (c *Core) execute(now store.Instant, op *Op, out *Effects) {
	item, found := c.engine.Get(op.Key)
	expired := found && item.Deadline != 0 && now >= item.Deadline
	if c.crowded() && (op.Kind != OpGet || expired) {
		c.clients.hold(op)
		c.clients.queued = true
		return
	}
	switch op.Kind {
	case OpGet:
		switch {
		case !found:
			out.Done = append(out.Done, Done{Tag: op.Tag})
		case expired:
			// Once a reader has seen a key expired it must stay gone, also
			// on a backup whose clock is behind: the answer waits for the
			// numbered removal.
			c.number(now, Entry{Kind: EntryExpire, Key: op.Key, Version: Number(item.Version)}, op, Done{Tag: op.Tag}, 0, out)
		default:
			out.Done = append(out.Done, Done{Tag: op.Tag, Found: true, Value: item.Value, Version: Number(item.Version)})
		}
	case OpPut:
		need := store.Cost(len(op.Key), len(op.Value))
		if _, pending := c.clients.pendingExistence(op.Key); found && !pending {
			need -= store.Cost(len(op.Key), len(item.Value))
		}
		need = max(need, 0)
		if !c.memory.Reserve(need) {
			out.Done = append(out.Done, Done{Tag: op.Tag, Status: OutOfMemory})
			return
		}
		done := Done{Tag: op.Tag, Found: true, Version: c.log.last + 1}
		c.number(now, Entry{Kind: EntryPut, Key: op.Key, Value: op.Value, TTL: op.TTL}, op, done, need, out)
	case OpDelete:
		exists := found && !expired
		if pending, ok := c.clients.pendingExistence(op.Key); ok {
			exists = pending
		} else if !found {
			out.Done = append(out.Done, Done{Tag: op.Tag})
			return
		}
		c.number(now, Entry{Kind: EntryDelete, Key: op.Key}, op, Done{Tag: op.Tag, Found: exists}, 0, out)
	}
}

// number gives e the next number and sends it to the replicas. done answers
// op once e is committed; op is nil for the primary's own entries. reserved
// bytes of memory are given back when the engine accounts for the entry.
func (c *Core) number(now store.Instant, e Entry, op *Op, done Done, reserved int64, out *Effects) {
	e.Epoch, e.Number = c.config.Epoch, c.log.last+1
	if len(c.replicas) == 0 {
		c.log.skip(&e)
		c.apply(now, &e)
		c.memory.Release(reserved)
		if op != nil {
			out.Done = append(out.Done, done)
		}
		return
	}
	e.Key = bytes.Clone(e.Key)
	c.log.push(e)
	wait := pendingOp{number: e.Number, done: done, reserved: reserved}
	if op != nil {
		wait.deadline, wait.answer = op.Deadline, true
	}
	c.clients.await(wait, &e)
	for _, r := range c.replicas {
		if r.sent == e.Number-1 {
			c.stream(now, r, out)
		}
	}
	c.advance(now, out)
}

// apply makes a committed entry take effect in the store.
func (c *Core) apply(now store.Instant, e *Entry) {
	switch e.Kind {
	case EntryPut:
		item := store.Item{Key: e.Key, Value: e.Value, Version: uint64(e.Number)}
		if e.TTL > 0 {
			item.Deadline = deadline(now, e.TTL)
		}
		c.engine.Put(item)
	case EntryDelete:
		c.engine.Delete(e.Key)
	case EntryExpire:
		if item, ok := c.engine.Get(e.Key); ok && item.Version == uint64(e.Version) {
			c.engine.Delete(e.Key)
		}
	}
}

// deadline is now + ttl, or the end of time when that overflows.
func deadline(now store.Instant, ttl time.Duration) store.Instant {
	if d := now + store.Instant(ttl); d > now {
		return d
	}
	return 1<<63 - 1
}

// ExpireDue numbers the removal of at most limit keys whose time is over.
func (c *Core) ExpireDue(now store.Instant, limit int, out *Effects) {
	if !c.Serving() || c.crowded() {
		return
	}
	for _, item := range c.engine.Due(now, limit) {
		if _, pending := c.clients.pendingExistence(item.Key); !pending {
			c.number(now, Entry{Kind: EntryExpire, Key: item.Key, Version: Number(item.Version)}, nil, Done{}, 0, out)
		}
	}
}

// Scan yields keys of a serving primary from cursor on, as store.Engine.Scan
// does, leaving out those whose time is over. It returns false when this node
// does not serve the partition now.
func (c *Core) Scan(now store.Instant, cursor uint64, prefix []byte, limit int, yield func(key []byte)) (next uint64, ok bool) {
	if !c.Serving() {
		return 0, false
	}
	next = c.engine.Scan(cursor, prefix, limit, func(item store.Item) {
		if item.Deadline == 0 || now < item.Deadline {
			yield(item.Key)
		}
	})
	return next, true
}
