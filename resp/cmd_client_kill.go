package resp

// killFilter says which clients CLIENT KILL means. Zero fields mean all.
type killFilter struct {
	id          uint64
	addr, laddr string
	user, kind  string
	skipMe      bool
}

func (f *killFilter) matches(c *conn, self bool) bool {
	c.session.mu.Lock()
	user := c.session.mu.user
	c.session.mu.Unlock()
	return (!self || !f.skipMe) &&
		(f.id == 0 || f.id == c.link.ID()) &&
		(f.addr == "" || f.addr == plain(c.link.RemoteAddr()).String()) &&
		(f.laddr == "" || f.laddr == plain(c.link.LocalAddr()).String()) &&
		(f.user == "" || f.user == user) &&
		(f.kind == "" || f.kind == "normal")
}

func clientKill(c *Call) {
	filter, refusal := killFilter{addr: string(c.Args[2])}, ""
	if old := len(c.Args) == 3; !old {
		if filter, refusal = parseKill(c.Args[2:]); refusal != "" {
			c.Fail(refusal)
			return
		}
	}
	if _, known := c.conn.server.cfg.Users[filter.user]; !known && filter.user != "" && filter.user != defaultUser {
		c.Fail("ERR No such user '" + clip([]byte(filter.user), 128) + "'")
		return
	}
	killed := int64(0)
	for _, o := range c.conn.server.conns.list() {
		if !filter.matches(o, o == c.conn) {
			continue
		}
		killed++
		if o == c.conn {
			o.ending = true // it is told first
		} else {
			o.link.Close()
		}
	}
	switch {
	case len(c.Args) > 3:
		c.Int(killed)
	case killed == 0:
		c.Fail("ERR No such client")
	default:
		c.OK()
	}
}

// parseKill reads the pairs of CLIENT KILL.
func parseKill(args [][]byte) (f killFilter, refusal string) {
	f.skipMe = true
	if len(args)%2 != 0 {
		return f, errSyntax
	}
	for i := 0; i < len(args); i += 2 {
		value := string(args[i+1])
		switch {
		case equalFold(args[i], "id"):
			id, ok := parseInt(args[i+1])
			if !ok || id <= 0 {
				return f, "ERR client-id should be greater than 0"
			}
			f.id = uint64(id)
		case equalFold(args[i], "type"):
			kind, ok := clientType(args[i+1])
			if !ok {
				return f, "ERR Unknown client type '" + clip(args[i+1], 128) + "'"
			}
			f.kind = kind
		case equalFold(args[i], "addr"):
			f.addr = value
		case equalFold(args[i], "laddr"):
			f.laddr = value
		case equalFold(args[i], "user"):
			f.user = value
		case equalFold(args[i], "skipme") && equalFold(args[i+1], "yes"):
			f.skipMe = true
		case equalFold(args[i], "skipme") && equalFold(args[i+1], "no"):
			f.skipMe = false
		default:
			return f, errSyntax
		}
	}
	return f, ""
}
