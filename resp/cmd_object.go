package resp

// objectCommands look at how a key is kept, as far as that can be told of pikv.
func objectCommands() []Command {
	object := func(name string, see func(c *Call, it *Item)) Command {
		return Command{
			Name: "object|" + name, Arity: 3, Flags: ReadOnly, Group: "keyspace", First: 2, Last: 2, Step: 1, access: "RO", tips: "nondeterministic_output",
			Run: func(c *Call) { c.Keyspace().Read(c, c.Args[2], see) },
		}
	}
	return []Command{
		{Name: "object", Arity: -2, Forms: []Command{
			object("encoding", encodingSee),
			object("refcount", refcountSee),
			object("idletime", idletimeSee),
			object("freq", freqSee),
			{Name: "object|help", Arity: 2, Flags: Loading | Stale, Group: "keyspace", Run: func(c *Call) { help(c, objectHelp) }},
		}},
		{Name: "memory", Arity: -2, Forms: []Command{
			{Name: "memory|usage", Arity: -3, Flags: ReadOnly, First: 2, Last: 2, Step: 1, access: "RO", Run: memoryUsage},
			{Name: "memory|help", Arity: 2, Flags: Loading | Stale, Run: func(c *Call) { help(c, memoryHelp) }},
		}},
	}
}

// embeddedMost is up to which length Redis keeps a value beside its header.
const embeddedMost = 44

// encodingSee answers as Redis does for a value that was set.
func encodingSee(c *Call, it *Item) {
	_, isInt := parseInt(it.Value)
	switch {
	case !it.Found:
		c.Null()
	case isInt:
		c.BulkString("int")
	case len(it.Value) <= embeddedMost:
		c.BulkString("embstr")
	default:
		c.BulkString("raw")
	}
}

func refcountSee(c *Call, it *Item) {
	if it.Found {
		c.Int(1)
	} else {
		c.Null()
	}
}

func idletimeSee(c *Call, it *Item) {
	if it.Found {
		c.Fail("ERR idle time not tracked: pikv knows of a key only whether it was used lately")
	} else {
		c.Null()
	}
}

func freqSee(c *Call, it *Item) {
	if it.Found {
		c.Fail("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
	} else {
		c.Null()
	}
}

// memoryUsage reads its options, of which the samples mean nothing for strings.
func memoryUsage(c *Call) {
	for i := 3; i < len(c.Args); i += 2 {
		if !equalFold(c.Args[i], "samples") || i+1 == len(c.Args) {
			c.Fail(errSyntax)
			return
		}
		switch n, ok := parseInt(c.Args[i+1]); {
		case !ok:
			c.Fail(errNotInteger)
			return
		case n < 0:
			c.Fail(errSyntax)
			return
		}
	}
	c.Keyspace().Read(c, c.Args[2], usageSee)
}

const (
	// entryBytes is what an entry costs beside its key and value, about: lengths,
	// version and the index.
	entryBytes = 24
	// mortalBytes is what its time costs.
	mortalBytes = 8
)

func usageSee(c *Call, it *Item) {
	if !it.Found {
		c.Null()
		return
	}
	n := int64(len(c.Args[2])) + int64(len(it.Value)) + entryBytes
	if it.TTL != 0 {
		n += mortalBytes
	}
	c.Int(n)
}

// objectHelp is what OBJECT HELP says.
var objectHelp = []string{
	"OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"ENCODING <key>",
	"    Return the kind of internal representation used in order to store the value",
	"    associated with a <key>.",
	"FREQ <key>",
	"    Return the access frequency index of the <key>. The returned integer is",
	"    proportional to the logarithm of the recent access frequency of the key.",
	"IDLETIME <key>",
	"    Return the idle time of the <key>, that is the approximated number of",
	"    seconds elapsed since the last access to the key.",
	"REFCOUNT <key>",
	"    Return the number of references of the value associated with the specified",
	"    <key>.",
	"HELP",
	"    Prints this help.",
}

// memoryHelp is what MEMORY HELP says.
var memoryHelp = []string{
	"MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"USAGE <key> [SAMPLES <count>]",
	"    Return memory in bytes used by <key> and its value. Nested values are",
	"    sampled up to <count> times (default: 5, 0 means sample all).",
	"HELP",
	"    Prints this help.",
}
