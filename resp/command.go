package resp

import "strings"

// Flags say what a command is like. COMMAND tells clients of them, by Redis'
// names.
type Flags uint32

// The flags.
const (
	Write    Flags = 1 << iota // may change data
	ReadOnly                   // reads data and changes none
	DenyOOM                    // may need memory
	Admin
	NoScript
	Loading
	Stale
	Fast
	NoAuth // may be given before AUTH
	AllowBusy
	// Barrier: the command waits until all before it are answered, and those behind
	// it until it is.
	Barrier
	// KeyByKey: what becomes of one key does not depend on the others, so that a
	// Keyspace that cannot change all at once may do so one after the other.
	KeyByKey
	// Heavy: the command may take long, so that the connection's turn may end with it.
	Heavy
)

// flagNames has the names of the flags that Redis knows, in its order.
var flagNames = []struct {
	flag Flags
	name string
}{
	{Write, "write"}, {ReadOnly, "readonly"}, {DenyOOM, "denyoom"}, {Admin, "admin"}, {NoScript, "noscript"},
	{Loading, "loading"}, {Stale, "stale"}, {Fast, "fast"}, {NoAuth, "no_auth"}, {AllowBusy, "allow_busy"},
}

// names lists the flags.
func (f Flags) names() []string {
	list := []string{}
	for _, n := range flagNames {
		if f&n.flag != 0 {
			list = append(list, n.name)
		}
	}
	return list
}

// Command is one command, or one form of a command that has several.
type Command struct {
	Name string // in lower case; of a form "client|id"
	// Arity counts the arguments, the name and that of the form included;
	// below 0: at least so many.
	Arity int
	Flags Flags
	// Group is what the command is about: string, keyspace, connection, or more
	// than one with spaces between; "" is none. Categories are made from it.
	Group string
	// First, Last and Step say which arguments are keys, as COMMAND tells it; 0:
	// none is. Last counts from the end when it is below 0. All keys of a
	// command are in one slot when Run is called.
	First, Last, Step int
	// Run executes the command: see Call.
	Run func(c *Call)
	// Forms are what the second argument chooses from; Run, which may be nil, is
	// without one.
	Forms []Command

	place int    // in what is counted of each: see commandStats
	tips  string // of COMMAND
	// access is what it does to its keys, as COMMAND tells it: of each by itself, with ;
	// between, or of all alike. note is a remark on that.
	access, note string
}

// keys yields the positions of the keys among n arguments.
func (cmd *Command) keys(n int) (first, last, step int) {
	if cmd.First == 0 {
		return 1, 0, 1
	}
	last = cmd.Last
	if last < 0 {
		last += n
	}
	return cmd.First, min(last, n-1), max(cmd.Step, 1)
}

// takes reports whether the command can have n arguments.
func (cmd *Command) takes(n int) bool {
	if cmd.Arity < 0 {
		return n >= -cmd.Arity
	}
	return n == cmd.Arity
}

// form returns the form that a word names, in any case.
func (cmd *Command) form(word []byte) *Command {
	for i := range cmd.Forms {
		if equalFold(word, cmd.Forms[i].Name[len(cmd.Name)+1:]) {
			return &cmd.Forms[i]
		}
	}
	return nil
}

// categories are Redis' names for what the command is about and costs.
func (cmd *Command) categories() []string {
	list := []string{}
	if cmd.Flags&Write != 0 {
		list = append(list, "@write")
	}
	if cmd.Flags&ReadOnly != 0 {
		list = append(list, "@read")
	}
	for g := range strings.FieldsSeq(cmd.Group) {
		list = append(list, "@"+g)
	}
	if cmd.Flags&Admin != 0 {
		list = append(list, "@admin", "@dangerous")
	}
	if cmd.Flags&Fast != 0 {
		return append(list, "@fast")
	}
	return append(list, "@slow")
}

// equalFold reports whether word is name, which is in lower case, but for case.
func equalFold(word []byte, name string) bool {
	if len(word) != len(name) {
		return false
	}
	for i, c := range word {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}
