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
		{Name: "get", Arity: 2, Flags: read, Run: get},
		{Name: "set", Arity: -3, Flags: change, Run: set},
		{Name: "setex", Arity: 4, Flags: change, Run: setex},
		{Name: "psetex", Arity: 4, Flags: change, Run: psetex},
		{Name: "setnx", Arity: 3, Flags: quick, Run: setnx},
		{Name: "getset", Arity: 3, Flags: quick, Run: getset},
		{Name: "getdel", Arity: 2, Flags: Write | Fast, Run: getdel},
		{Name: "getex", Arity: -2, Flags: Write | Fast, Run: getex},
		{Name: "append", Arity: 3, Flags: quick | Heavy, Run: appendTo},
		{Name: "strlen", Arity: 2, Flags: read, Run: strlen},
		{Name: "getrange", Arity: 4, Flags: ReadOnly | Heavy, Run: getrange},
		{Name: "substr", Arity: 4, Flags: ReadOnly | Heavy, Run: getrange},
		{Name: "setrange", Arity: 4, Flags: change | Heavy, Run: setrange},
		{Name: "incr", Arity: 2, Flags: quick, Run: incr},
		{Name: "decr", Arity: 2, Flags: quick, Run: decr},
		{Name: "incrby", Arity: 3, Flags: quick, Run: incrby},
		{Name: "decrby", Arity: 3, Flags: quick, Run: decrby},
		{Name: "incrbyfloat", Arity: 3, Flags: quick, Run: incrbyfloat},
		{Name: "mget", Arity: -2, Flags: read | Heavy, Last: -1, Run: mget, tips: oneByOne},
		{Name: "mset", Arity: -3, Flags: change | KeyByKey | Heavy, Last: -1, Step: 2, Run: mset, tips: oneByOne + " response_policy:all_succeeded"},
		{Name: "msetnx", Arity: -3, Flags: change | Heavy, Last: -1, Step: 2, Run: msetnx, tips: oneByOne + " response_policy:agg_min"},
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
