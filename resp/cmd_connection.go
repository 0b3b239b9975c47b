package resp

import (
	"crypto/sha256"
	"crypto/subtle"
)

// redisVersion is whose replies these are.
const redisVersion = "7.0.15"

// connectionCommands are those about the connection itself.
func connectionCommands() []Command {
	const always = NoScript | Loading | Stale | Fast
	return []Command{
		{Name: "ping", Arity: -1, Flags: Fast, Group: "connection", Run: ping, tips: "request_policy:all_shards response_policy:all_succeeded"},
		{Name: "echo", Arity: 2, Flags: Loading | Stale | Fast, Group: "connection", Run: func(c *Call) { c.Bulk(c.Args[1]) }},
		{Name: "select", Arity: 2, Flags: Loading | Stale | Fast, Group: "connection", Run: selectDB},
		{Name: "auth", Arity: -2, Flags: always | NoAuth | AllowBusy, Group: "connection", Run: auth},
		{Name: "hello", Arity: -1, Flags: always | NoAuth | AllowBusy, Group: "connection", Run: hello},
		{Name: "quit", Arity: -1, Flags: always | NoAuth | AllowBusy, Group: "connection", Run: quit},
		{Name: "reset", Arity: 1, Flags: always | NoAuth | AllowBusy, Group: "connection", Run: reset},
		{Name: "readonly", Arity: 1, Flags: Loading | Stale | Fast, Group: "connection", Run: (*Call).OK},
		{Name: "readwrite", Arity: 1, Flags: Loading | Stale | Fast, Group: "connection", Run: (*Call).OK},
		{Name: "asking", Arity: 1, Flags: Fast, Group: "connection", Run: (*Call).OK},
	}
}

func ping(c *Call) {
	switch len(c.Args) {
	case 1:
		c.Simple("PONG")
	case 2:
		c.Bulk(c.Args[1])
	default:
		c.Fail(errArity(c.Command.Name))
	}
}

// selectDB takes the one database that a cluster has.
func selectDB(c *Call) {
	switch n, ok := parseInt(c.Args[1]); {
	case !ok || n != int64(int32(n)):
		c.Fail(errNotInteger)
	case n != 0:
		c.Fail("ERR SELECT is not allowed in cluster mode")
	default:
		c.OK()
	}
}

func quit(c *Call) {
	c.OK()
	c.conn.ending = true
}

func reset(c *Call) {
	c.conn.session.reset(c.conn.server)
	c.resp3 = false
	c.Simple("RESET")
}

func auth(c *Call) {
	switch s := c.conn.server; {
	case len(c.Args) > 3:
		c.Fail(errSyntax)
	case len(c.Args) == 2 && len(s.cfg.Users) == 0:
		c.Fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	case len(c.Args) == 2 && c.enter(defaultUser, c.Args[1]), len(c.Args) == 3 && c.enter(string(c.Args[1]), c.Args[2]):
		c.OK()
	default:
		c.Fail(errWrongPass)
	}
}

const errWrongPass = "WRONGPASS invalid username-password pair or user is disabled."

// enter makes the client the user, if the password is right.
func (c *Call) enter(user string, password []byte) bool {
	if !c.conn.server.rightPassword(user, password) {
		return false
	}
	c.conn.session.enter(c.conn.server, user)
	return true
}

// rightPassword takes as long whether there is such a user or not.
func (s *Server) rightPassword(user string, password []byte) bool {
	if len(s.cfg.Users) == 0 {
		return user == defaultUser
	}
	want, known := s.cfg.Users[user]
	got := sha256.Sum256(password)
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && known
}

func hello(c *Call) {
	session := &c.conn.session
	resp3 := session.resp3
	if len(c.Args) > 1 {
		n, ok := parseInt(c.Args[1])
		switch {
		case !ok:
			c.Fail("ERR Protocol version is not an integer or out of range")
			return
		case n < 2 || n > 3:
			c.Fail("NOPROTO unsupported protocol version")
			return
		}
		resp3 = n == 3
	}
	var name []byte
	named := false
	for i := 2; i < len(c.Args); {
		left := len(c.Args) - i - 1
		switch {
		case equalFold(c.Args[i], "auth") && left >= 2:
			if !c.enter(string(c.Args[i+1]), c.Args[i+2]) {
				c.Fail(errWrongPass)
				return
			}
			i += 3
		case equalFold(c.Args[i], "setname") && left >= 1:
			if !validName(c.Args[i+1]) {
				c.Fail(errName)
				return
			}
			name, named = c.Args[i+1], true
			i += 2
		default:
			c.Fail("ERR Syntax error in HELLO option '" + clip(c.Args[i], 128) + "'")
			return
		}
	}
	if !session.known {
		c.Fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	if named {
		session.rename(name)
	}
	session.speak(resp3)
	c.resp3 = resp3
	proto := int64(2)
	if resp3 {
		proto = 3
	}
	c.Map(7)
	c.BulkString("server")
	c.BulkString("redis")
	c.BulkString("version")
	c.BulkString(redisVersion)
	c.BulkString("proto")
	c.Int(proto)
	c.BulkString("id")
	c.Int(int64(c.conn.link.ID()))
	c.BulkString("mode")
	c.BulkString("cluster")
	c.BulkString("role")
	c.BulkString("master")
	c.BulkString("modules")
	c.Array(0)
}
