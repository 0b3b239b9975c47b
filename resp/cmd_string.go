package resp

// stringCommands are those about values.
func stringCommands() []Command {
	const (
		read     = ReadOnly | Fast
		change   = Write | DenyOOM
		quick    = change | Fast
		oneByOne = "request_policy:multi_shard"
	)
	list := []Command{
		{Name: "get", Arity: 2, Flags: read, access: "RO access", Run: get},
		{Name: "set", Arity: -3, Flags: change, access: "RW access update variable_flags", note: "RW and ACCESS due to the optional `GET` argument", Run: set},
		{Name: "setex", Arity: 4, Flags: change, access: "OW update", Run: setex},
		{Name: "psetex", Arity: 4, Flags: change, access: "OW update", Run: psetex},
		{Name: "setnx", Arity: 3, Flags: quick, access: "OW insert", Run: setnx},
		{Name: "getset", Arity: 3, Flags: quick, access: "RW access update", Run: getset},
		{Name: "getdel", Arity: 2, Flags: Write | Fast, access: "RW access delete", Run: getdel},
		{Name: "getex", Arity: -2, Flags: Write | Fast, access: "RW access update", note: "RW and UPDATE because it changes the TTL", Run: getex},
		{Name: "append", Arity: 3, Flags: quick | Heavy, access: "RW insert", Run: appendTo},
		{Name: "strlen", Arity: 2, Flags: read, access: "RO", Run: strlen},
		{Name: "getrange", Arity: 4, Flags: ReadOnly | Heavy, access: "RO access", Run: getrange},
		{Name: "substr", Arity: 4, Flags: ReadOnly | Heavy, access: "RO access", Run: getrange},
		{Name: "setrange", Arity: 4, Flags: change | Heavy, access: "RW update", Run: setrange},
		{Name: "incr", Arity: 2, Flags: quick, access: "RW access update", Run: incr},
		{Name: "decr", Arity: 2, Flags: quick, access: "RW access update", Run: decr},
		{Name: "incrby", Arity: 3, Flags: quick, access: "RW access update", Run: incrby},
		{Name: "decrby", Arity: 3, Flags: quick, access: "RW access update", Run: decrby},
		{Name: "incrbyfloat", Arity: 3, Flags: quick, access: "RW access update", Run: incrbyfloat},
		{Name: "mget", Arity: -2, Flags: read | Heavy, Last: -1, access: "RO access", Run: mget, tips: oneByOne},
		{Name: "mset", Arity: -3, Flags: change | KeyByKey | Heavy, Last: -1, Step: 2, access: "OW update", Run: mset, tips: oneByOne + " response_policy:all_succeeded"},
		{Name: "msetnx", Arity: -3, Flags: change | Heavy, Last: -1, Step: 2, access: "OW insert", Run: msetnx, tips: oneByOne + " response_policy:agg_min"},
	}
	for i := range list {
		cmd := &list[i]
		cmd.Group, cmd.First = "string", 1
		if cmd.Step = max(cmd.Step, 1); cmd.Last == 0 {
			cmd.Last = 1
		}
	}
	return list
}
