package resp

import (
	"bytes"
	"strings"
)

// commandCommands tell of the commands that there are.
func commandCommands() []Command {
	const flags = Loading | Stale
	return []Command{{
		Name: "command", Arity: -1, Flags: flags | Heavy, Group: "connection", Run: commandAll, tips: "nondeterministic_output_order",
		Forms: []Command{
			{Name: "command|count", Arity: 2, Flags: flags, Group: "connection", Run: func(c *Call) { c.Int(int64(len(c.table().sorted))) }},
			{Name: "command|info", Arity: -2, Flags: flags | Heavy, Group: "connection", Run: commandInfo, tips: "nondeterministic_output_order"},
			{Name: "command|list", Arity: -2, Flags: flags | Heavy, Group: "connection", Run: commandList, tips: "nondeterministic_output_order"},
			{Name: "command|getkeys", Arity: -4, Flags: flags, Group: "connection", Run: commandGetKeys},
			{Name: "command|docs", Arity: -2, Flags: flags, Group: "connection", Run: func(c *Call) { c.Map(0) }, tips: "nondeterministic_output_order"},
			{Name: "command|help", Arity: 2, Flags: flags, Group: "connection", Run: func(c *Call) { help(c, commandHelp) }},
		},
	}}
}

func (c *Call) table() *table { return c.conn.server.table }

func commandAll(c *Call) {
	c.Array(len(c.table().sorted))
	for _, cmd := range c.table().sorted {
		c.describe(cmd)
	}
}

const (
	// infoNames bounds the names of one COMMAND INFO: there are fewer commands and forms,
	// in Redis, too.
	infoNames    = 1 << 10
	errManyNames = "ERR too many names in one command: 1024 can be told of at once"
	errManyIDs   = "ERR too many ids in one command: 1023 can be told of at once"
)

// commandInfo tells of some commands. A reply is much longer than the names: it is counted
// as it grows, and what was told before is copied, since to write it takes longer.
func commandInfo(c *Call) {
	names := c.Args[2:]
	if len(names) == 0 {
		commandAll(c)
		return
	}
	if len(names) > infoNames {
		c.Fail(errManyNames)
		return
	}
	c.Array(len(names))
	told := make(map[*Command][2]int) // where in the reply
	for _, name := range names {
		cmd := c.table().named(name)
		if cmd == nil {
			c.Null()
			continue
		}
		from := len(c.buf) - c.mark
		if at, again := told[cmd]; again {
			c.buf = append(c.buf, c.buf[c.mark+at[0]:c.mark+at[1]]...)
		} else {
			c.describe(cmd)
			told[cmd] = [2]int{from, len(c.buf) - c.mark}
		}
		if !c.Reserve(len(c.buf) - c.mark) {
			c.Fail(ErrManyBytes)
			return
		}
	}
}

// named finds a command, or the form of one: "client|id".
func (t *table) named(name []byte) *Command {
	word, form, isForm := bytes.Cut(name, []byte("|"))
	cmd := t.find(word)
	if cmd != nil && isForm {
		return cmd.form(form)
	}
	return cmd
}

// describe writes what clients learn of a command.
func (c *Call) describe(cmd *Command) {
	c.Array(10)
	c.BulkString(cmd.Name)
	c.Int(int64(cmd.Arity))
	c.states(cmd.Flags.names())
	c.Int(int64(cmd.First))
	c.Int(int64(cmd.Last))
	c.Int(int64(cmd.Step))
	c.states(cmd.categories())
	tips := strings.Fields(cmd.tips)
	c.Set(len(tips))
	for _, tip := range tips {
		c.BulkString(tip)
	}
	c.keySpecs(cmd)
	if len(cmd.Forms) == 0 {
		c.Set(0)
	} else {
		c.Array(len(cmd.Forms))
	}
	for i := range cmd.Forms {
		c.describe(&cmd.Forms[i])
	}
}

// states writes a set of statuses.
func (c *Call) states(list []string) {
	c.Set(len(list))
	for _, s := range list {
		c.Simple(s)
	}
}

// keySpecs writes where the keys are and what becomes of them, as COMMAND does since
// Redis 7.
func (c *Call) keySpecs(cmd *Command) {
	if cmd.First == 0 {
		c.Set(0)
		return
	}
	last := cmd.Last
	if last > 0 {
		last -= cmd.First // relative, unless it counts from the end
	}
	each := strings.Split(cmd.access, ";")
	if len(each) > 1 {
		last = 0
	}
	c.Set(len(each))
	for i, access := range each {
		c.keySpec(cmd, access, cmd.First+i, last)
	}
}

// keySpec writes one of them.
func (c *Call) keySpec(cmd *Command, access string, first, last int) {
	if cmd.note == "" {
		c.Map(3)
	} else {
		c.Map(4)
		c.BulkString("notes")
		c.BulkString(cmd.note)
	}
	c.BulkString("flags")
	c.states(strings.Fields(access))
	c.BulkString("begin_search")
	c.Map(2)
	c.BulkString("type")
	c.BulkString("index")
	c.BulkString("spec")
	c.Map(1)
	c.BulkString("index")
	c.Int(int64(first))
	c.BulkString("find_keys")
	c.Map(2)
	c.BulkString("type")
	c.BulkString("range")
	c.BulkString("spec")
	c.Map(3)
	c.BulkString("lastkey")
	c.Int(int64(last))
	c.BulkString("keystep")
	c.Int(int64(cmd.Step))
	c.BulkString("limit")
	c.Int(0)
}

func commandGetKeys(c *Call) {
	args := c.Args[2:]
	cmd := c.table().find(args[0])
	if cmd != nil && cmd.Forms != nil && len(args) > 1 {
		cmd = cmd.form(args[1])
	}
	switch {
	case cmd == nil:
		c.Fail("ERR Invalid command specified")
		return
	case cmd.First == 0:
		c.Fail("ERR The command has no key arguments")
		return
	case !cmd.takes(len(args)):
		c.Fail("ERR Invalid number of arguments specified for command")
		return
	}
	first, last, step := cmd.keys(len(args))
	size := 0
	for i := first; i <= last; i += step {
		size += 16 + len(args[i]) // with its head
	}
	if !c.Reserve(size) {
		c.Fail(ErrManyBytes)
		return
	}
	c.Array((last-first)/step + 1)
	for i := first; i <= last; i += step {
		c.Bulk(args[i])
	}
}

// commandHelp is what COMMAND HELP says.
var commandHelp = []string{
	"COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"(no subcommand)", "    Return details about all commands.",
	"COUNT", "    Return the total number of commands in this server.",
	"LIST", "    Return a list of all commands in this server.",
	"INFO [<command-name> ...]", "    Return details about multiple commands.",
	"DOCS [<command-name> ...]", "    Return nothing: there are no documents here.",
	"GETKEYS <full-command>", "    Return the keys from a full command.",
	"HELP", "    Print this help.",
}
