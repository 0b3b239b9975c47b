package resp

import (
	"math"
	"strings"
)

// expireOptions are those of EXPIRE and its like.
type expireOptions struct{ nx, xx, gt, lt bool }

// expireOptions reads the options.
func (c *Call) expireOptions() (o expireOptions, refusal string) {
	for _, word := range c.Args[3:] {
		switch {
		case equalFold(word, "nx"):
			o.nx = true
		case equalFold(word, "xx"):
			o.xx = true
		case equalFold(word, "gt"):
			o.gt = true
		case equalFold(word, "lt"):
			o.lt = true
		default:
			return o, "ERR Unsupported option " + clip(word, 128)
		}
	}
	switch {
	case o.nx && (o.xx || o.gt || o.lt):
		return o, "ERR NX and XX, GT or LT options at the same time are not compatible"
	case o.gt && o.lt:
		return o, "ERR GT and LT options at the same time are not compatible"
	}
	return o, ""
}

// expireDeadline reads the time of EXPIRE and its like, which may be over.
func (c *Call) expireDeadline() (d deadline, refusal string) {
	n, ok := parseInt(c.Args[2])
	if !ok {
		return d, errNotInteger
	}
	if name := c.Command.Name; name[0] != 'p' {
		if n > math.MaxInt64/1000 || n < math.MinInt64/1000 {
			return d, c.badTime()
		}
		n *= 1000
	}
	d = deadline{kind: afterTime, ms: n}
	if strings.HasSuffix(c.Command.Name, "at") {
		d.kind = atTime
	} else if n > math.MaxInt64-c.wall(c.Arrived)/nsPerMS {
		return d, c.badTime()
	}
	return d, ""
}

func expire(c *Call) {
	_, refusal := c.expireOptions()
	if refusal == "" {
		_, refusal = c.expireDeadline()
	}
	if refusal != "" {
		c.Fail(refusal)
		return
	}
	c.Keyspace().Update(c, c.Args[1], expireUpdate)
}

func expireUpdate(c *Call, it *Item) Change {
	o, _ := c.expireOptions()
	d, _ := c.expireDeadline()
	done := it.Found && c.allows(&o, d, it)
	c.Bool(done)
	if !done {
		return Change{}
	}
	return Change{Kind: Touch, TTL: c.left(d, it.Now)}
}

// allows reports whether a key's time may become d. Times are compared in
// milliseconds, as clients know them; for ever is later than any.
func (c *Call) allows(o *expireOptions, d deadline, it *Item) bool {
	mortal := it.TTL != 0
	switch {
	case o.nx && mortal, o.xx && !mortal, o.gt && !mortal:
		return false
	case !mortal || !o.gt && !o.lt:
		return true
	}
	then := d.ms
	if d.kind == afterTime {
		then += c.wall(it.Now) / 1e6
	}
	now := c.wallMS(it.Now, it.TTL)
	return (!o.gt || then > now) && (!o.lt || then < now)
}

func persistKey(c *Call) { c.Keyspace().Update(c, c.Args[1], persistUpdate) }

func persistUpdate(c *Call, it *Item) Change {
	mortal := it.Found && it.TTL != 0
	c.Bool(mortal)
	if !mortal {
		return Change{}
	}
	return Change{Kind: Touch}
}
