package resp

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// clientCommands are those about the connections of clients.
func clientCommands() []Command {
	const plain = NoScript | Loading | Stale
	return []Command{{
		Name: "client", Arity: -2, Forms: []Command{
			{Name: "client|id", Arity: 2, Flags: plain, Group: "connection", Run: func(c *Call) { c.Int(int64(c.conn.link.ID())) }},
			{Name: "client|getname", Arity: 2, Flags: plain, Group: "connection", Run: clientGetName},
			{Name: "client|setname", Arity: 3, Flags: plain, Group: "connection", Run: clientSetName},
			{Name: "client|setinfo", Arity: 4, Flags: plain, Group: "connection", Run: clientSetInfo, tips: "request_policy:all_nodes response_policy:all_succeeded"},
			{Name: "client|list", Arity: -2, Flags: plain | Admin | Heavy, Group: "connection", Run: clientList, tips: "nondeterministic_output"},
			{Name: "client|info", Arity: 2, Flags: plain, Group: "connection", Run: func(c *Call) { c.Text(c.conn.describe() + "\n") }, tips: "nondeterministic_output"},
			{Name: "client|kill", Arity: -3, Flags: plain | Admin | Heavy, Group: "connection", Run: clientKill},
			{Name: "client|no-evict", Arity: 3, Flags: plain | Admin, Group: "connection", Run: func(c *Call) { clientSwitch(c, &c.conn.session.mu.noEvict) }},
			{Name: "client|no-touch", Arity: 3, Flags: plain, Group: "connection", Run: func(c *Call) { clientSwitch(c, &c.conn.session.mu.noTouch) }},
			{Name: "client|help", Arity: 2, Flags: Loading | Stale, Group: "connection", Run: func(c *Call) { help(c, clientHelp) }},
		},
	}}
}

// nameMost bounds what a client calls itself and its library, in bytes.
const nameMost = 1 << 10

// validName reports whether a client may call itself so.
func validName(name []byte) bool {
	if len(name) > nameMost {
		return false
	}
	for _, c := range name {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}

func (s *session) rename(name []byte) {
	s.mu.Lock()
	s.mu.name = string(name)
	s.mu.Unlock()
}

func clientGetName(c *Call) {
	if name := c.conn.session.mu.name; name != "" { // written by this loop alone
		c.BulkString(name)
		return
	}
	c.Null()
}

func clientSetName(c *Call) {
	if !validName(c.Args[2]) {
		c.Fail(errName)
		return
	}
	c.conn.session.rename(c.Args[2])
	c.OK()
}

func clientSetInfo(c *Call) {
	s := &c.conn.session
	var field *string
	switch {
	case equalFold(c.Args[2], "lib-name"):
		field = &s.mu.library
	case equalFold(c.Args[2], "lib-ver"):
		field = &s.mu.version
	default:
		c.Fail("ERR Unrecognized option '" + clip(c.Args[2], 128) + "'")
		return
	}
	if !validName(c.Args[3]) {
		c.Fail("ERR " + strings.ToLower(string(c.Args[2])) + " cannot contain spaces, newlines or special characters.")
		return
	}
	s.mu.Lock()
	*field = string(c.Args[3])
	s.mu.Unlock()
	c.OK()
}

// clientSwitch takes an option that changes nothing here.
func clientSwitch(c *Call, option *bool) {
	on := equalFold(c.Args[2], "on")
	if !on && !equalFold(c.Args[2], "off") {
		c.Fail(errSyntax)
		return
	}
	c.conn.session.mu.Lock()
	*option = on
	c.conn.session.mu.Unlock()
	c.OK()
}

// describe is a client's line in CLIENT LIST.
func (c *conn) describe() string {
	s := &c.session
	idle := time.Duration(c.server.cfg.Clock() - s.last.Load())
	cmd := "NULL"
	if last := s.cmd.Load(); last != nil {
		cmd = last.Name
	}
	waiting := c.link.Waiting()
	s.mu.Lock()
	defer s.mu.Unlock()
	flags, proto := "", 2
	if s.mu.noEvict {
		flags += "e"
	}
	if s.mu.noTouch {
		flags += "T"
	}
	if flags == "" {
		flags = "N"
	}
	if s.mu.resp3 {
		proto = 3
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=-1 name=%s age=%d idle=%d flags=%s db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=%d tot-mem=%d events=r cmd=%s user=%s redir=-1 resp=%d lib-name=%s lib-ver=%s",
		c.link.ID(), plain(c.link.RemoteAddr()), plain(c.link.LocalAddr()), s.mu.name, int(time.Since(s.began).Seconds()), int(idle.Seconds()), flags,
		waiting, waiting, cmd, s.mu.user, proto, s.mu.library, s.mu.version)
}

// plain is an address as IPv4 has it, when it is one.
func plain(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func clientList(c *Call) {
	wanted := func(*conn) bool { return true }
	switch args := c.Args[2:]; {
	case len(args) == 0:
	case len(args) == 2 && equalFold(args[0], "type"):
		kind, ok := clientType(args[1])
		if !ok {
			c.Fail("ERR Unknown client type '" + clip(args[1], 128) + "'")
			return
		}
		wanted = func(*conn) bool { return kind == "normal" }
	case len(args) > 1 && equalFold(args[0], "id"):
		if len(args) > infoNames {
			c.Fail(errManyIDs)
			return
		}
		ids := make(map[uint64]bool)
		for _, arg := range args[1:] {
			id, ok := parseInt(arg)
			if !ok { // below 1 none has it
				c.Fail("ERR Invalid client ID")
				return
			}
			ids[uint64(id)] = true
		}
		wanted = func(o *conn) bool { return ids[o.link.ID()] }
	default:
		c.Fail(errSyntax)
		return
	}
	var b strings.Builder
	for _, o := range c.conn.server.conns.list() {
		if !wanted(o) {
			continue
		}
		b.WriteString(o.describe())
		b.WriteByte('\n')
		if !c.Reserve(b.Len()) {
			c.Fail(ErrManyBytes)
			return
		}
	}
	c.Text(b.String())
}

// clientType checks the name of a kind of client.
func clientType(word []byte) (kind string, ok bool) {
	for _, kind := range []string{"normal", "slave", "replica", "pubsub", "master"} {
		if equalFold(word, kind) {
			return kind, true
		}
	}
	return "", false
}

// clientHelp is what CLIENT HELP says.
var clientHelp = []string{
	"CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"GETNAME", "    Return the name of the current connection.",
	"ID", "    Return the ID of the current connection.",
	"INFO", "    Return information about the current client connection.",
	"KILL <ip:port>", "    Kill connection made from <ip:port>.",
	"KILL <option> <value> [<option> <value> [...]]", "    Kill connections. Options are: ADDR, LADDR, TYPE, USER, ID, SKIPME.",
	"LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <id> [<id> ...]]", "    Return information about client connections.",
	"SETNAME <name>", "    Assign the name <name> to the current connection.",
	"SETINFO <option> <value>", "    Set client meta attr. Options are: LIB-NAME, LIB-VER.",
	"NO-EVICT (ON|OFF)", "    Accepted, and without effect.",
	"NO-TOUCH (ON|OFF)", "    Accepted, and without effect.",
	"HELP", "    Print this help.",
}

// help answers with lines of text.
func help(c *Call, lines []string) {
	c.Array(len(lines))
	for _, line := range lines {
		c.Simple(line)
	}
}
