package resp

// keyCommands are those about keys, whatever they hold.
func keyCommands() []Command {
	return []Command{
		{Name: "del", Arity: -2, Flags: Write, Group: "keyspace", First: 1, Last: -1, Step: 1, Run: del, tips: "request_policy:multi_shard response_policy:agg_sum"},
	}
}

func del(c *Call) {
	if len(c.Args) == 2 {
		c.Keyspace().Update(c, c.Args[1], func(c *Call, it *Item) Change {
			c.Bool(it.Found)
			return Change{Kind: Delete}
		})
		return
	}
	c.Keyspace().UpdateAll(c, distinct(c.Args[1:]), func(c *Call, items []Item, changes []Change) {
		n := int64(0)
		for i := range items {
			changes[i].Kind = Delete
			if items[i].Found {
				n++
			}
		}
		c.Int(n)
	})
}

// distinct leaves out keys that were named before.
func distinct(keys [][]byte) [][]byte {
	seen := make(map[string]bool, len(keys))
	kept := make([][]byte, 0, len(keys))
	for _, key := range keys {
		if !seen[string(key)] {
			seen[string(key)] = true
			kept = append(kept, key)
		}
	}
	return kept
}
