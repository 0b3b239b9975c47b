package resp

import "bytes"

const errSame = "ERR source and destination objects are the same"

func rename(c *Call) { renameTo(c, renameSame, renameUpdate) }

func renamenx(c *Call) { renameTo(c, renamenxSame, renamenxUpdate) }

func renameTo(c *Call, same func(c *Call, it *Item), update func(c *Call, items []Item, changes []Change)) {
	if bytes.Equal(c.Args[1], c.Args[2]) {
		c.Keyspace().Read(c, c.Args[1], same)
		return
	}
	c.Keyspace().UpdateAll(c, c.Args[1:3], update)
}

func renameSame(c *Call, it *Item) {
	if it.Found {
		c.OK()
	} else {
		c.Fail(errNoKey)
	}
}

func renamenxSame(c *Call, it *Item) {
	if it.Found {
		c.Int(0)
	} else {
		c.Fail(errNoKey)
	}
}

func renameUpdate(c *Call, items []Item, changes []Change) {
	if !items[0].Found {
		c.Fail(errNoKey)
		return
	}
	c.OK()
	move(changes)
}

func renamenxUpdate(c *Call, items []Item, changes []Change) {
	switch {
	case !items[0].Found:
		c.Fail(errNoKey)
	case items[1].Found:
		c.Int(0)
	default:
		c.Int(1)
		move(changes)
	}
}

// move gives the second key what the first holds.
func move(changes []Change) {
	changes[0] = Change{Kind: Delete}
	changes[1] = Change{Kind: Copy, From: 0, KeepTTL: true}
}

// copyOptions reads those of COPY.
func (c *Call) copyOptions() (replace bool, refusal string) {
	db := int64(0)
	for i := 3; i < len(c.Args); i++ {
		switch {
		case equalFold(c.Args[i], "replace"):
			replace = true
		case equalFold(c.Args[i], "db") && i+1 < len(c.Args):
			i++
			var ok bool
			switch db, ok = parseInt(c.Args[i]); {
			case !ok || db != int64(int32(db)):
				return false, errNotInteger
			case db < 0 || db >= 16: // as many as Redis has by default
				return false, "ERR DB index is out of range"
			}
		default:
			return false, errSyntax
		}
	}
	if db != 0 {
		return false, "ERR Copying to another database is not allowed in cluster mode"
	}
	return replace, ""
}

func copyKey(c *Call) {
	replace, refusal := c.copyOptions()
	switch {
	case refusal != "":
		c.Fail(refusal)
	case bytes.Equal(c.Args[1], c.Args[2]):
		c.Fail(errSame)
	case replace:
		c.Keyspace().UpdateAll(c, c.Args[1:3], copyOver)
	default:
		c.Keyspace().UpdateAll(c, c.Args[1:3], copyNew)
	}
}

func copyOver(c *Call, items []Item, changes []Change) {
	c.Bool(items[0].Found)
	if items[0].Found {
		changes[1] = Change{Kind: Copy, From: 0, KeepTTL: true}
	}
}

func copyNew(c *Call, items []Item, changes []Change) {
	if items[1].Found {
		c.Int(0)
		return
	}
	copyOver(c, items, changes)
}
