package resp

import "bytes"

const (
	// changeKeys is how many keys can change at once, or be read of what is not
	// committed yet, and readKeys how many else: a read of more than changeKeys waits
	// until the commands before it are answered.
	changeKeys = 4096
	readKeys   = 32 << 10
	// fewKeys is up to how many are compared with each other one by one.
	fewKeys = 16
)

// sorted out keys of a command: each once, and where each of those that the
// command names is among them.
type keyList struct {
	keys  [][]byte
	place []int // nil: no key was named twice
}

// keyList sorts out every step-th argument from the first on.
func (c *Call) keyList(step int) (list keyList, refusal string) {
	named := c.Args[1:]
	n := (len(named) + step - 1) / step
	if step == 1 && n <= fewKeys && differ(named) {
		return keyList{keys: named}, ""
	}
	list.keys = make([][]byte, 0, n)
	for i := 0; i < len(named); i += step {
		list.keys = append(list.keys, named[i])
	}
	if n > fewKeys || !differ(list.keys) {
		list.sortOut()
	}
	if len(list.keys) > changeKeys {
		return keyList{}, errManyKeys
	}
	return list, ""
}

// differ reports whether no two of few keys are the same.
func differ(keys [][]byte) bool {
	for i, key := range keys {
		for _, other := range keys[:i] {
			if bytes.Equal(key, other) {
				return false
			}
		}
	}
	return true
}

// sortOut leaves each key once.
func (l *keyList) sortOut() {
	places := make(map[string]int, len(l.keys))
	all := l.keys
	l.keys, l.place = make([][]byte, 0, len(all)), make([]int, 0, len(all))
	for _, key := range all {
		i, ok := places[string(key)]
		if !ok {
			i = len(l.keys)
			places[string(key)] = i
			l.keys = append(l.keys, key)
		}
		l.place = append(l.place, i)
	}
	if len(l.keys) == len(all) {
		l.place = nil
	}
}

func mget(c *Call) { readMany(c, mgetSee) }

// readMany reads keys, of which some may be named twice.
func readMany(c *Call, see func(c *Call, items []Item)) {
	if len(c.Args)-1 > readKeys {
		c.Fail(errManyReads)
		return
	}
	c.Keyspace().ReadAll(c, c.Args[1:], see)
}

func mgetSee(c *Call, items []Item) {
	size := 0
	for i := range items {
		size += len(items[i].Value)
	}
	if !c.Reserve(size) {
		c.Fail(ErrManyBytes)
		return
	}
	c.Array(len(items))
	for i := range items {
		if items[i].Found {
			c.Bulk(items[i].Value)
		} else {
			c.Null()
		}
	}
}

func mset(c *Call) { setMany(c, msetUpdate) }

func msetnx(c *Call) { setMany(c, msetnxUpdate) }

// setMany sets keys, all or none, as update decides: it is told which argument is
// the value of each; nil: those that follow the keys.
func setMany(c *Call, update func(c *Call, items []Item, changes []Change, values []int)) {
	if len(c.Args)%2 == 0 {
		c.Fail(errArity(c.Command.Name))
		return
	}
	list, refusal := c.keyList(2)
	if refusal != "" {
		c.Fail(refusal)
		return
	}
	var values []int // the last of each key counts
	if list.place != nil {
		values = make([]int, len(list.keys))
		for i, place := range list.place {
			values[place] = 2 + 2*i
		}
	}
	c.Keyspace().UpdateAll(c, list.keys, func(c *Call, items []Item, changes []Change) { update(c, items, changes, values) })
}

func msetUpdate(c *Call, _ []Item, changes []Change, values []int) {
	c.OK()
	putAll(c, changes, values)
}

func msetnxUpdate(c *Call, items []Item, changes []Change, values []int) {
	for i := range items {
		if items[i].Found {
			c.Int(0)
			return
		}
	}
	c.Int(1)
	putAll(c, changes, values)
}

func putAll(c *Call, changes []Change, values []int) {
	for i := range changes {
		arg := 2 + 2*i
		if values != nil {
			arg = values[i]
		}
		changes[i] = Change{Kind: Put, Value: c.Args[arg], Lent: true}
	}
}
