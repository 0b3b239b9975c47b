package resp

// keyCommands are those about keys, whatever they hold.
func keyCommands() []Command {
	const (
		read   = ReadOnly | Fast
		change = Write | Fast
		sum    = "request_policy:multi_shard response_policy:agg_sum"
	)
	list := []Command{
		{Name: "del", Arity: -2, Flags: Write | KeyByKey | Heavy, Last: -1, access: "RM delete", Run: del, tips: sum},
		{Name: "unlink", Arity: -2, Flags: change | KeyByKey | Heavy, Last: -1, access: "RM delete", Run: del, tips: sum},
		{Name: "exists", Arity: -2, Flags: read | Heavy, Last: -1, access: "RO", Run: exists, tips: sum},
		{Name: "touch", Arity: -2, Flags: read | Heavy, Last: -1, access: "RO", Run: exists, tips: sum},
		{Name: "type", Arity: 2, Flags: read, access: "RO", Run: typeOf},
		{Name: "expire", Arity: -3, Flags: change, access: "RW update", Run: expire},
		{Name: "pexpire", Arity: -3, Flags: change, access: "RW update", Run: expire},
		{Name: "expireat", Arity: -3, Flags: change, access: "RW update", Run: expire},
		{Name: "pexpireat", Arity: -3, Flags: change, access: "RW update", Run: expire},
		{Name: "persist", Arity: 2, Flags: change, access: "RW update", Run: persistKey},
		{Name: "ttl", Arity: 2, Flags: read, access: "RO access", Run: ttl, tips: "nondeterministic_output"},
		{Name: "pttl", Arity: 2, Flags: read, access: "RO access", Run: pttl, tips: "nondeterministic_output"},
		{Name: "expiretime", Arity: 2, Flags: read, access: "RO access", Run: expiretime},
		{Name: "pexpiretime", Arity: 2, Flags: read, access: "RO access", Run: pexpiretime},
		{Name: "rename", Arity: 3, Flags: Write | Heavy, Last: 2, access: "RW access delete;OW update", Run: rename},
		{Name: "renamenx", Arity: 3, Flags: change | Heavy, Last: 2, access: "RW access delete;OW insert", Run: renamenx},
		{Name: "copy", Arity: -3, Flags: Write | DenyOOM | Heavy, Last: 2, access: "RO access;OW update", Run: copyKey},
	}
	for i := range list {
		cmd := &list[i]
		cmd.Group, cmd.First, cmd.Step = "keyspace", 1, 1
		if cmd.Last == 0 {
			cmd.Last = 1
		}
	}
	return list
}

func del(c *Call) {
	if len(c.Args) == 2 {
		c.Keyspace().Update(c, c.Args[1], delUpdate)
		return
	}
	list, refusal := c.keyList(1)
	if refusal != "" {
		c.Fail(refusal)
		return
	}
	c.Keyspace().UpdateAll(c, list.keys, delUpdateAll)
}

func delUpdate(c *Call, it *Item) Change {
	c.Bool(it.Found)
	return Change{Kind: Delete}
}

func delUpdateAll(c *Call, items []Item, changes []Change) {
	n := int64(0)
	for i := range items {
		changes[i].Kind = Delete
		if items[i].Found {
			n++
		}
	}
	c.Int(n)
}

// exists is TOUCH, too: who reads a key says that it is in use.
func exists(c *Call) {
	if len(c.Args) == 2 {
		c.Keyspace().Read(c, c.Args[1], existsSee)
		return
	}
	readMany(c, existsSeeAll)
}

func existsSee(c *Call, it *Item) { c.Bool(it.Found) }

// existsSeeAll counts a key as often as it is named.
func existsSeeAll(c *Call, items []Item) {
	n := int64(0)
	for i := range items {
		if items[i].Found {
			n++
		}
	}
	c.Int(n)
}

func typeOf(c *Call) { c.Keyspace().Read(c, c.Args[1], typeSee) }

func typeSee(c *Call, it *Item) {
	if it.Found {
		c.Simple(typeString)
	} else {
		c.Simple("none")
	}
}

// typeString is what every key holds.
const typeString = "string"
