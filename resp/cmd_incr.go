package resp

import (
	"math"
	"strconv"
)

func incr(c *Call) { c.Keyspace().Update(c, c.Args[1], incrUpdate) }

func decr(c *Call) { c.Keyspace().Update(c, c.Args[1], decrUpdate) }

func incrby(c *Call) {
	if _, ok := parseInt(c.Args[2]); !ok {
		c.Fail(errNotInteger)
		return
	}
	c.Keyspace().Update(c, c.Args[1], incrbyUpdate)
}

func decrby(c *Call) {
	switch n, ok := parseInt(c.Args[2]); {
	case !ok:
		c.Fail(errNotInteger)
	case n == math.MinInt64:
		c.Fail("ERR decrement would overflow")
	default:
		c.Keyspace().Update(c, c.Args[1], decrbyUpdate)
	}
}

func incrUpdate(c *Call, it *Item) Change { return c.add(it, 1) }

func decrUpdate(c *Call, it *Item) Change { return c.add(it, -1) }

func incrbyUpdate(c *Call, it *Item) Change {
	n, _ := parseInt(c.Args[2])
	return c.add(it, n)
}

func decrbyUpdate(c *Call, it *Item) Change {
	n, _ := parseInt(c.Args[2])
	return c.add(it, -n)
}

// add adds to the integer that a key holds, or to 0.
func (c *Call) add(it *Item, n int64) Change {
	was := int64(0)
	if it.Found {
		var ok bool
		if was, ok = parseInt(it.Value); !ok {
			c.Fail(errNotInteger)
			return Change{}
		}
	}
	sum := was + n
	if (sum > was) != (n > 0) && n != 0 {
		c.Fail("ERR increment or decrement would overflow")
		return Change{}
	}
	c.Int(sum)
	return Change{Kind: Put, Value: strconv.AppendInt(c.digits[:0], sum, 10), Lent: true, KeepTTL: true}
}
