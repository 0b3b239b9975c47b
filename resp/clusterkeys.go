package resp

import "pikv/placement"

// pageKeys is how many keys of a partition are listed under its lock at once.
const pageKeys = 1000

// eachInSlot yields the keys of a slot until yield returns false.
func (c *Call) eachInSlot(slot uint16, yield func(key []byte) bool) {
	for cursor, more := uint64(0), true; more; {
		next, ok := c.Keyspace().Page(slot, cursor, pageKeys, func(key []byte) {
			more = more && (placement.Slot(key) != slot || yield(key))
		})
		cursor, more = next, more && ok && next != 0
	}
}

// slotArg reads a slot.
func (c *Call) slotArg(i int) (slot uint16, ok bool) {
	n, ok := parseInt(c.Args[i])
	return uint16(n), ok && n >= 0 && n < placement.Slots
}

func clusterCountKeys(c *Call) {
	if _, ok := parseInt(c.Args[2]); !ok {
		c.Fail(errNotInteger)
		return
	}
	slot, ok := c.slotArg(2)
	if !ok {
		c.Fail("ERR Invalid slot")
		return
	}
	n := int64(0)
	c.eachInSlot(slot, func([]byte) bool {
		n++
		return true
	})
	c.Int(n)
}

func clusterGetKeys(c *Call) {
	most, isNumber := parseInt(c.Args[3])
	if _, ok := parseInt(c.Args[2]); !ok || !isNumber {
		c.Fail(errNotInteger)
		return
	}
	slot, ok := c.slotArg(2)
	if !ok || most < 0 {
		c.Fail("ERR Invalid slot or number of keys")
		return
	}
	var keys []string
	size, room := 0, true
	c.eachInSlot(slot, func(key []byte) bool {
		if int64(len(keys)) >= most || !room {
			return false
		}
		size += len(key)
		keys = append(keys, string(key))
		room = size < maxListed
		return true
	})
	if !room {
		c.Fail(errManyBytes)
		return
	}
	c.Array(len(keys))
	for _, key := range keys {
		c.BulkString(key)
	}
}

// maxListed bounds the bytes of keys in one reply.
const maxListed = 8 << 20
