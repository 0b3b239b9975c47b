package resp

// stringCommands are those about values.
func stringCommands() []Command {
	return []Command{
		{Name: "get", Arity: 2, Flags: ReadOnly | Fast, Group: "string", First: 1, Last: 1, Step: 1, Run: get},
		{Name: "set", Arity: -3, Flags: Write | DenyOOM, Group: "string", First: 1, Last: 1, Step: 1, Run: set},
	}
}

func get(c *Call) { c.Keyspace().Get(c, c.Args[1]) }

func set(c *Call) {
	if len(c.Args) > 3 {
		c.Fail(errSyntax)
		return
	}
	c.Keyspace().Put(c, c.Args[1], 2, 0)
}
