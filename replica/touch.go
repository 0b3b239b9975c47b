package replica

import "pikv/store"

// place is where a value lies that a pending entry leaves under a key, when that
// is not plain from the entry that wrote it.
type place struct {
	// part, if not nil, is the value in a group's parts.
	part []byte
	// entry, if not 0, is a copy that is pending: until it is committed the store
	// has the value under the key from, or where before says.
	entry  Number
	from   []byte
	before *place
}

// valueOf returns the value that a pending touch leaves under a key.
func (c *Core) valueOf(key []byte, t *touch) []byte {
	if t.put > c.log.commit {
		if t.at != nil && t.at.part != nil {
			return t.at.part
		}
		return c.log.at(t.put).Value
	}
	for p := t.at; p != nil && p.entry > c.log.commit; p = p.before {
		key = p.from
		if p.before != nil && p.before.entry <= c.log.commit {
			p.before = nil // so that they do not pile up
		}
	}
	item, _ := c.engine.Get(key)
	return item.Value
}

// before returns what a key will be before the next entry: as latest, but it
// knows where the value lies, and an expired one is still there.
func (c *Core) before(key []byte) touch {
	if t, touched := c.clients.pending.touchOf(key); touched {
		return t
	}
	item, _ := c.engine.Get(key)
	return touch{put: Number(item.Version), version: Number(item.Version), deadline: item.Deadline}
}

// await keeps the answer to the entry e, and what e does to its keys: a later
// operation on them must see what the earlier will do.
func (c *Core) await(now store.Instant, p pendingOp, e *Entry) {
	switch e.Kind {
	case EntryNote, EntryForget:
	case EntryGroup:
		p.group = c.touchesBy(now, e)
	default:
		p.key, p.touch = e.Key, c.touchBy(now, e)
	}
	c.clients.pending.push(p)
}

// touchBy returns what an entry, which is not pending yet, does to its key.
func (c *Core) touchBy(now store.Instant, e *Entry) touch {
	t := touch{number: e.Number}
	switch e.Kind {
	case EntryPut:
		t.put, t.version = e.Number, e.Number
	case EntryCopy:
		source := c.before(e.source())
		t.put, t.version, t.at = source.put, e.Number, source.at
		if len(e.Value) > 0 {
			t.at = &place{entry: e.Number, from: e.Value, before: source.at}
			if source.at != nil {
				t.at.part = source.at.part
			}
		}
	case EntryExpire:
		// It removes one version, not what an earlier pending entry will have
		// put in its place.
		if before, _ := c.clients.pending.touchOf(e.Key); before.version != e.Version {
			before.number = e.Number
			t = before
		}
		return t
	}
	if e.TTL > 0 {
		t.deadline = deadline(now, e.TTL)
	}
	return t
}

// touchesBy is touchBy for a group.
func (c *Core) touchesBy(now store.Instant, e *Entry) *groupTouches {
	var all groupTouches
	for r := (reader{buf: e.Value}); len(r.buf) > 0; {
		p := r.part()
		p.Number = e.Number
		t := c.touchBy(now, &p)
		if p.Kind == EntryPut {
			t.at = &place{part: p.Value}
		}
		all = append(all, keyTouch{p.Key, t})
	}
	return &all
}

// deadlineOf is when the time of a committed entry is over. The primary counts
// from when it numbered it, or a counter that is written again and again would live
// on by each commit's delay.
func (c *clients) deadlineOf(now store.Instant, e *Entry) store.Instant {
	if p := c.first(e); p != nil && p.touch.deadline != 0 {
		return p.touch.deadline
	}
	return deadline(now, e.TTL)
}

// touchesOf is what a committed group does to its keys, if this is the primary.
func (c *clients) touchesOf(e *Entry) groupTouches {
	if p := c.first(e); p != nil && p.group != nil {
		return *p.group
	}
	return nil
}

// first returns the earliest pending operation if it is that of e, else nil.
func (c *clients) first(e *Entry) *pendingOp {
	if c.pending.empty() {
		return nil
	}
	if p := &c.pending.all()[0]; p.touch.number == e.Number {
		return p
	}
	return nil
}
