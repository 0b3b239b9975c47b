package resp

// What TTL and its like answer without a time.
const (
	ttlNoKey = -2
	ttlNever = -1
)

func ttl(c *Call) { c.Keyspace().Read(c, c.Args[1], ttlSee) }

func pttl(c *Call) { c.Keyspace().Read(c, c.Args[1], pttlSee) }

func expiretime(c *Call) { c.Keyspace().Read(c, c.Args[1], expiretimeSee) }

func pexpiretime(c *Call) { c.Keyspace().Read(c, c.Args[1], pexpiretimeSee) }

func ttlSee(c *Call, it *Item) {
	if c.mortal(it) {
		c.Int((leftMS(it) + 500) / 1000)
	}
}

func pttlSee(c *Call, it *Item) {
	if c.mortal(it) {
		c.Int(leftMS(it))
	}
}

func expiretimeSee(c *Call, it *Item) {
	if c.mortal(it) {
		c.Int((c.wallMS(it.Now, it.TTL) + 500) / 1000)
	}
}

func pexpiretimeSee(c *Call, it *Item) {
	if c.mortal(it) {
		c.Int(c.wallMS(it.Now, it.TTL))
	}
}

// mortal reports whether a key has a time to live; else it answers.
func (c *Call) mortal(it *Item) bool {
	switch {
	case !it.Found:
		c.Int(ttlNoKey)
		return false
	case it.TTL == 0:
		c.Int(ttlNever)
		return false
	}
	return true
}

// leftMS is what is left of a key's time, in milliseconds that have begun.
func leftMS(it *Item) int64 { return (int64(it.TTL)-1)/nsPerMS + 1 }
