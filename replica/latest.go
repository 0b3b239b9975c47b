package replica

import (
	"math"
	"strconv"
	"time"

	"pikv/store"
)

// latest is what a key will be once every entry that is numbered by now is
// applied. Whoever is told something that depends on it waits until those
// entries are committed.
type latest struct {
	exists   bool
	value    []byte // perhaps the engine's own: valid until something is applied
	version  Number
	deadline store.Instant
	pending  Number // the last entry on the key that is not committed; 0: none
	expired  Number // the version whose time is over, but that no entry has removed yet
	replaced int64  // accounted bytes that a put gives back: of the committed value, unless a pending entry does that
}

func (c *Core) latest(now store.Instant, key []byte) latest {
	var l latest
	t, touched := c.clients.pending.touchOf(key)
	l.pending = t.number
	switch {
	case touched && t.put == 0:
	case touched:
		l.exists, l.value, l.version, l.deadline = true, c.valueOf(key, &t), t.version, t.deadline
	default:
		if item, found := c.engine.Get(key); found {
			l.exists, l.value, l.version, l.deadline = true, item.Value, Number(item.Version), item.Deadline
			l.replaced = store.Cost(len(key), len(item.Value))
		}
	}
	if l.exists && l.deadline != 0 && now >= l.deadline {
		l = latest{pending: l.pending, expired: l.version, replaced: l.replaced}
	}
	return l
}

// ValueSize returns how long the value is that a write of key at this primary
// would replace; 0 when there is none.
func (c *Core) ValueSize(now store.Instant, key []byte) int {
	if c.role != RolePrimary {
		return 0
	}
	l := c.latest(now, key)
	return len(l.value)
}

// meets reports whether the key is as the operation's condition wants it.
func (l *latest) meets(op *Op) bool {
	switch op.If {
	case IfAbsent:
		return !l.exists
	case IfPresent:
		return l.exists
	case IfVersion:
		return l.version == op.Version && l.exists == (op.Version != 0)
	default:
		return true
	}
}

// remaining returns for how long the key lives on, 0 for ever.
func (l *latest) remaining(now store.Instant) time.Duration {
	if l.deadline == 0 {
		return 0
	}
	return max(time.Duration(l.deadline-now), 1)
}

// plus returns the value, taken as a decimal integer, plus delta. ok is false
// when it is none, or the sum has no 64 bits. Nothing counts as 0.
func (l *latest) plus(delta int64) (sum []byte, ok bool) {
	var n int64
	if l.exists {
		// As Redis has it: no sign but a minus, no leading zero.
		text := string(l.value)
		var err error
		if n, err = strconv.ParseInt(text, 10, 64); err != nil || strconv.FormatInt(n, 10) != text {
			return nil, false
		}
	}
	if delta > 0 && n > math.MaxInt64-delta || delta < 0 && n < math.MinInt64-delta {
		return nil, false
	}
	return strconv.AppendInt(nil, n+delta, 10), true
}

// deadline is now + ttl, or the end of time when that overflows.
func deadline(now store.Instant, ttl time.Duration) store.Instant {
	if d := now + store.Instant(ttl); d > now {
		return d
	}
	return math.MaxInt64
}

// Scan yields keys of a serving primary from cursor on, as store.Engine.Scan
// does, leaving out those whose time is over. It returns false when this node
// does not serve the partition now.
func (c *Core) Scan(now store.Instant, cursor uint64, prefix []byte, limit int, yield func(key []byte)) (next uint64, ok bool) {
	if !c.Serves(now) {
		return 0, false
	}
	next = c.engine.Scan(cursor, prefix, limit, func(item store.Item) {
		if !item.Expired(now) {
			yield(item.Key)
		}
	})
	return next, true
}
