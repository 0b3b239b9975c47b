package resp

func get(c *Call) { c.Keyspace().Get(c, c.Args[1]) }

// value answers with what a key holds; false: there is no room for it.
func (c *Call) value(it *Item) bool {
	if !it.Found {
		c.Null()
		return true
	}
	return c.part(it.Value)
}

// part answers with bytes of a value; false: there is no room for them.
func (c *Call) part(b []byte) bool {
	if !c.Reserve(len(b)) {
		c.Fail(ErrManyBytes)
		return false
	}
	c.Bulk(b)
	return true
}

func getdel(c *Call) { c.Keyspace().Update(c, c.Args[1], getdelUpdate) }

func getdelUpdate(c *Call, it *Item) Change {
	if !c.value(it) {
		return Change{}
	}
	return Change{Kind: Delete}
}

func getex(c *Call) {
	switch o, ok := c.setOptions(2, false); {
	case !ok:
		c.Fail(errSyntax)
	case o.when == unsaid:
		c.Keyspace().Get(c, c.Args[1])
	default:
		c.Keyspace().Update(c, c.Args[1], getexUpdate)
	}
}

// getexUpdate looks at the time only when there is a key, as Redis does.
func getexUpdate(c *Call, it *Item) Change {
	if !it.Found {
		c.Null()
		return Change{}
	}
	o, _ := c.setOptions(2, false)
	d, refusal := c.deadlineOf(&o)
	if refusal != "" {
		c.Fail(refusal)
		return Change{}
	}
	if !c.part(it.Value) || o.when == persist && it.TTL == 0 {
		return Change{}
	}
	return Change{Kind: Touch, TTL: c.left(d, it.Now)}
}
