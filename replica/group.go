package replica

import (
	"bytes"
	"cmp"
	"slices"

	"pikv/store"
)

// writes is what a group does, beside its parts.
type writes struct {
	cost     int64 // of what it stores
	replaced int64 // that it gives back
	expired  int64 // keys that it removes because their time is over
	changes  bool  // else it only removes what has expired
}

// group runs an OpGroup: all its parts are one entry, so every replica has all
// of them or none, whatever becomes of its log.
func (c *Core) group(now store.Instant, op *Op, out *Effects) {
	room := &out.decide
	if refused := c.arrange(op, room); refused != OK {
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: refused})
		return
	}
	var pending Number
	room.was = room.was[:0]
	for _, key := range op.Keys {
		was := c.latest(now, key)
		pending = max(pending, was.pending)
		room.was = append(room.was, was)
	}
	p := plan{}
	if op.plan.holds(room.was) {
		p = *op.plan
	} else {
		c.discard(op, out)
		op.plan = nil
		p.answer = room.ask(now, op)
		var ok bool
		if p.writes, ok = room.build(now, op.Keys); !ok {
			out.Done = append(out.Done, Done{Tag: op.Tag, Status: Malformed})
			return
		}
		p.parts = room.parts
	}
	done := Done{Tag: op.Tag, Value: p.answer}
	if len(p.parts) == 0 {
		c.fail(now, op, latest{pending: pending}, done, out)
		return
	}
	done.Value = bytes.Clone(p.answer)
	c.numberGroup(now, op, &p, done, out)
}

func (c *Core) numberGroup(now store.Instant, op *Op, p *plan, done Done, out *Effects) {
	if len(p.parts) > c.node.limits.Value {
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: TooLarge})
		return
	}
	if op.body == 0 && c.sendsAhead(len(p.parts)) {
		kept := plan{basis: versions(out.decide.was), parts: bytes.Clone(p.parts), writes: p.writes, answer: done.Value}
		c.uploadPlan(now, op, kept.parts, &kept, out)
		return
	}
	numbered := *op
	switch {
	case p.writes.changes:
		done.Found, done.Version = true, c.log.last+1
	case op.ID.Attempt <= 1: // as fail does
		numbered.ID, numbered.Kind = RequestID{}, OpGet
	}
	need := max(p.writes.cost-p.writes.replaced, 0) + c.sessions.cost(numbered.ID, &done)
	if !c.afford(now, op, need, out) {
		return
	}
	if p.writes.cost > 0 {
		c.press(out)
	}
	numbered.Value, numbered.Lent, numbered.Give = nil, op.body == 0, nil
	out.Expired += p.writes.expired
	c.number(now, Entry{Kind: EntryGroup, Value: p.parts, Body: op.body}, &numbered, done, need, out)
}

// arrange sorts the keys of a group, as its parts are.
func (c *Core) arrange(op *Op, room *deciding) Status {
	if len(op.Keys) == 0 {
		return Malformed
	}
	if len(op.Keys) > c.node.limits.Keys {
		return TooLarge
	}
	room.order = room.order[:0]
	for i := range op.Keys {
		room.order = append(room.order, i)
	}
	slices.SortFunc(room.order, func(i, j int) int { return bytes.Compare(op.Keys[i], op.Keys[j]) })
	for i, at := range room.order[1:] {
		if bytes.Equal(op.Keys[room.order[i]], op.Keys[at]) {
			return Malformed
		}
	}
	return OK
}

// build makes parts of what was decided; false when a copy is of a copy.
func (d *deciding) build(now store.Instant, keys [][]byte) (w writes, ok bool) {
	d.parts = d.parts[:0]
	for _, i := range d.order {
		was, then := &d.was[i], &d.then[i]
		p := Entry{Key: keys[i], TTL: then.TTL}
		if then.KeepTTL {
			p.TTL = was.remaining(now)
		}
		size := len(then.Value)
		switch then.Verdict {
		case Put:
			p.Kind, p.Value = EntryPut, then.Value
		case Touch:
			p.Kind, size = EntryCopy, len(was.value)
		case Copy:
			from := &d.was[then.From]
			if d.then[then.From].Verdict == Copy {
				return w, false
			}
			if from.exists {
				p.Kind, p.Value, size = EntryCopy, keys[then.From], len(from.value)
			}
			if then.KeepTTL {
				p.TTL = from.remaining(now)
			}
		case Delete:
			p.Kind = EntryDelete
		}
		switch {
		case p.Kind == EntryPut || p.Kind == EntryCopy:
			w.cost += store.Cost(len(p.Key), size)
			w.changes = true
		case p.Kind == EntryDelete:
			p.TTL = 0
			w.changes = true
		case was.expired != 0: // it was seen to be gone: it stays so
			p = Entry{Kind: EntryExpire, Key: keys[i], Version: was.expired}
			w.expired++
		default:
			continue
		}
		w.replaced += was.replaced
		d.parts = appendPart(d.parts, &p)
	}
	return w, true
}

// groupTouches is what a pending group does to its keys, in their order.
type groupTouches []keyTouch

type keyTouch struct {
	key   []byte
	touch touch
}

// of returns what the group does to a key; false: nothing.
func (g groupTouches) of(key []byte) (touch, bool) {
	i, found := slices.BinarySearchFunc(g, key, func(k keyTouch, key []byte) int { return cmp.Compare(string(k.key), string(key)) })
	if !found {
		return touch{}, false
	}
	return g[i].touch, true
}

// applyGroup makes a committed group take effect. Copies come first: they see the
// keys as they were before.
func (c *Core) applyGroup(now store.Instant, e *Entry) {
	touches := c.clients.touchesOf(e)
	for _, copies := range [2]bool{true, false} {
		r := reader{buf: e.Value}
		for i := 0; len(r.buf) > 0; i++ {
			p := r.part()
			if r.err != nil {
				return // never: whoever takes the entry has looked
			}
			if (p.Kind == EntryCopy) != copies {
				continue
			}
			p.Number = e.Number
			until := store.Instant(0)
			switch {
			case p.TTL == 0:
			case i < len(touches):
				until = touches[i].touch.deadline
			default:
				until = deadline(now, p.TTL)
			}
			c.change(&p, until)
		}
	}
}
