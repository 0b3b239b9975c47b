package resp

// build makes room for a value of some bytes, if it may be so long and there is
// memory for it; else it answers and returns nil.
func (c *Call) build(size int64) []byte {
	if size > int64(c.conn.server.cfg.Limits.Value) {
		c.Fail(ErrTooLong)
		return nil
	}
	// Few bytes of a command can ask for a long value, and it is kept while the
	// command is under way.
	if more := int(size) - c.built; size >= large && more > 0 {
		if !c.conn.server.reserve(more) {
			c.Fail(ErrManyBytes)
			return nil
		}
		c.built += more
		c.reserved += more
	}
	return make([]byte, size)
}

func appendTo(c *Call) { c.Keyspace().Update(c, c.Args[1], appendUpdate) }

func appendUpdate(c *Call, it *Item) Change {
	more := c.Args[2]
	if !it.Found {
		c.Int(int64(len(more)))
		return Change{Kind: Put, Value: more, Lent: true}
	}
	size := int64(len(it.Value)) + int64(len(more))
	if len(more) == 0 {
		c.Int(size)
		return Change{}
	}
	value := c.build(size)
	if value == nil {
		return Change{}
	}
	copy(value[copy(value, it.Value):], more)
	c.Int(size)
	return Change{Kind: Put, Value: value, KeepTTL: true}
}

func strlen(c *Call) { c.Keyspace().Read(c, c.Args[1], strlenSee) }

func strlenSee(c *Call, it *Item) { c.Int(int64(len(it.Value))) }

func getrange(c *Call) {
	_, ok := parseInt(c.Args[2])
	if _, okay := parseInt(c.Args[3]); !ok || !okay {
		c.Fail(errNotInteger)
		return
	}
	c.Keyspace().Read(c, c.Args[1], getrangeSee)
}

func getrangeSee(c *Call, it *Item) {
	start, _ := parseInt(c.Args[2])
	end, _ := parseInt(c.Args[3])
	c.part(cut(it.Value, start, end))
}

// cut returns what is from start to end, end included; indices below 0 count from
// the end.
func cut(value []byte, start, end int64) []byte {
	size := int64(len(value))
	if start < 0 && end < 0 && start > end {
		return nil
	}
	if start < 0 {
		start = max(start+size, 0)
	}
	if end < 0 {
		end = max(end+size, 0)
	}
	end = min(end, size-1)
	if start > end {
		return nil
	}
	return value[start : end+1]
}

func setrange(c *Call) {
	switch offset, ok := parseInt(c.Args[2]); {
	case !ok:
		c.Fail(errNotInteger)
	case offset < 0:
		c.Fail("ERR offset is out of range")
	default:
		c.Keyspace().Update(c, c.Args[1], setrangeUpdate)
	}
}

func setrangeUpdate(c *Call, it *Item) Change {
	offset, _ := parseInt(c.Args[2])
	part := c.Args[3]
	if len(part) == 0 {
		c.Int(int64(len(it.Value)))
		return Change{}
	}
	end := offset + int64(len(part))
	if end < offset {
		c.Fail(ErrTooLong)
		return Change{}
	}
	value := c.build(max(end, int64(len(it.Value))))
	if value == nil {
		return Change{}
	}
	copy(value, it.Value)
	copy(value[offset:], part)
	c.Int(int64(len(value)))
	return Change{Kind: Put, Value: value, KeepTTL: true}
}
