package resp

import "math"

// when says what a command does with the time to live.
type when uint8

const (
	unsaid when = iota
	ex
	px
	exat
	pxat
	keepTTL
	persist
)

// setOptions are those of SET and GETEX.
type setOptions struct {
	nx, xx, get bool
	when        when
	time        int // the argument that says when
}

// setOptions reads the options from an argument on: those of SET, or of GETEX.
func (c *Call) setOptions(from int, isSet bool) (o setOptions, ok bool) {
	for i := from; i < len(c.Args); i++ {
		word := c.Args[i]
		switch w := timeOption(word); {
		case isSet && equalFold(word, "nx") && !o.xx:
			o.nx = true
		case isSet && equalFold(word, "xx") && !o.nx:
			o.xx = true
		case isSet && equalFold(word, "get"):
			o.get = true
		case w == unsaid || o.when != unsaid && o.when != w, w == keepTTL && !isSet, w == persist && isSet:
			return o, false
		case w == keepTTL || w == persist:
			o.when = w
		case i+1 == len(c.Args):
			return o, false
		default:
			i++
			o.when, o.time = w, i
		}
	}
	return o, true
}

func timeOption(word []byte) when {
	switch {
	case equalFold(word, "ex"):
		return ex
	case equalFold(word, "px"):
		return px
	case equalFold(word, "exat"):
		return exat
	case equalFold(word, "pxat"):
		return pxat
	case equalFold(word, "keepttl"):
		return keepTTL
	case equalFold(word, "persist"):
		return persist
	default:
		return unsaid
	}
}

// deadlineOf reads the time that the options name, if they do.
func (c *Call) deadlineOf(o *setOptions) (d deadline, refusal string) {
	if o.time == 0 {
		return deadline{}, ""
	}
	return c.deadline(o.time, o.when)
}

// deadline reads a time, which must be after now.
func (c *Call) deadline(arg int, w when) (d deadline, refusal string) {
	n, ok := parseInt(c.Args[arg])
	if !ok {
		return d, errNotInteger
	}
	if w == ex || w == exat {
		if n > math.MaxInt64/1000 {
			return d, c.badTime()
		}
		n *= 1000
	}
	d = deadline{kind: atTime, ms: n}
	if w == ex || w == px {
		d.kind = afterTime
	}
	// Redis adds the time of day.
	if n <= 0 || d.kind == afterTime && n > math.MaxInt64-c.wall(c.Arrived)/nsPerMS {
		return d, c.badTime()
	}
	return d, ""
}

// badTime is Redis' error for times that cannot be.
func (c *Call) badTime() string { return "ERR invalid expire time in '" + c.Command.Name + "' command" }

func set(c *Call) {
	if len(c.Args) == 3 {
		c.Keyspace().Put(c, c.Args[1], 2, 0)
		return
	}
	o, ok := c.setOptions(3, true)
	if !ok {
		c.Fail(errSyntax)
		return
	}
	d, refusal := c.deadlineOf(&o)
	switch {
	case refusal != "":
		c.Fail(refusal)
	case o.nx || o.xx || o.get || o.when == keepTTL || d.kind == atTime:
		c.Keyspace().Update(c, c.Args[1], setUpdate)
	default:
		c.Keyspace().Put(c, c.Args[1], 2, c.left(d, 0))
	}
}

func setUpdate(c *Call, it *Item) Change {
	o, _ := c.setOptions(3, true)
	d, _ := c.deadlineOf(&o)
	done := (!o.nx || !it.Found) && (!o.xx || it.Found)
	switch {
	case o.get:
		if !c.value(it) {
			return Change{}
		}
	case done:
		c.OK()
	default:
		c.Null()
	}
	if !done {
		return Change{}
	}
	return Change{Kind: Put, Value: c.Args[2], Lent: true, TTL: c.left(d, it.Now), KeepTTL: o.when == keepTTL}
}

func setex(c *Call) { setFor(c, ex) }

func psetex(c *Call) { setFor(c, px) }

func setFor(c *Call, w when) {
	d, refusal := c.deadline(2, w)
	if refusal != "" {
		c.Fail(refusal)
		return
	}
	c.Keyspace().Put(c, c.Args[1], 3, c.left(d, 0))
}

func setnx(c *Call) { c.Keyspace().Update(c, c.Args[1], setnxUpdate) }

func setnxUpdate(c *Call, it *Item) Change {
	c.Bool(!it.Found)
	if it.Found {
		return Change{}
	}
	return Change{Kind: Put, Value: c.Args[2], Lent: true}
}

func getset(c *Call) { c.Keyspace().Update(c, c.Args[1], getsetUpdate) }

func getsetUpdate(c *Call, it *Item) Change {
	if !c.value(it) {
		return Change{}
	}
	return Change{Kind: Put, Value: c.Args[2], Lent: true}
}
