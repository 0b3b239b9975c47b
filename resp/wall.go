package resp

import (
	"math"
	"time"
)

const nsPerMS = 1_000_000

// wall returns the time of day, in nanoseconds since 1970, at a reading of
// Config.Clock. The two clocks are compared once for each command.
func (c *Call) wall(at int64) int64 {
	if c.offset == 0 {
		c.offset = compareClocks(c.conn.server.cfg.Clock)
	}
	return c.offset + at
}

const (
	// clocksApart is how long the two readings of a comparison may be apart: far
	// less than the milliseconds that clients count in.
	clocksApart = 100 * time.Microsecond
	// comparisons are as many as are made for that.
	comparisons = 5
)

// compareClocks returns what the time of day, in nanoseconds since 1970, is ahead of
// a clock. A thread that loses the processor between two readings makes time pass
// there: it compares again, and takes the best.
func compareClocks(clock func() int64) int64 {
	var ahead int64
	best := int64(math.MaxInt64)
	for range comparisons {
		before := clock()
		now := time.Now().UnixNano()
		apart := clock() - before
		if apart < best {
			ahead, best = now-before-apart/2, apart
		}
		if apart <= int64(clocksApart) {
			break
		}
	}
	return ahead
}

// wallMS is wall in milliseconds, of the time that lies ahead of a reading, too.
func (c *Call) wallMS(at int64, ahead time.Duration) int64 {
	now := c.wall(at)
	if int64(ahead) > math.MaxInt64-now {
		// Beyond what counts in nanoseconds.
		return now/nsPerMS + int64(ahead)/nsPerMS
	}
	return (now + int64(ahead) + nsPerMS/2) / 1e6
}

// deadline is when a key's time is over, as a client says it. The zero value is
// never.
type deadline struct {
	kind deadlineKind
	ms   int64 // from now on, or since 1970
}

type deadlineKind uint8

const (
	noTime deadlineKind = iota
	afterTime
	atTime
)

// left is the TTL of a key that lasts until then, at a reading of Config.Clock;
// it is below 0 when the time is over.
func (c *Call) left(d deadline, now int64) time.Duration {
	switch d.kind {
	case noTime:
		return 0
	case afterTime:
		return milliseconds(d.ms)
	default:
		return untilMS(d.ms, c.wall(now))
	}
}

// untilMS is how long it is from a time in nanoseconds to one in milliseconds.
func untilMS(ms, now int64) time.Duration {
	// Whole milliseconds first: nanoseconds do not reach as far.
	whole := ms - now/nsPerMS
	switch {
	case ms < 0: // or whole may overflow
		return -1
	case whole > math.MaxInt64/nsPerMS:
		return math.MaxInt64
	}
	if d := whole*nsPerMS - now%nsPerMS; d > 0 {
		return time.Duration(d)
	}
	return -1
}

// milliseconds is that many, as far as they count in nanoseconds; -1 for none.
func milliseconds(ms int64) time.Duration {
	switch {
	case ms <= 0:
		return -1
	case ms > math.MaxInt64/nsPerMS:
		return math.MaxInt64
	default:
		return time.Duration(ms) * time.Millisecond
	}
}
