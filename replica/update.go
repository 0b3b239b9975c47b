package replica

import (
	"bytes"

	"pikv/store"
)

// update runs an OpUpdate. When its value has to be uploaded it is run again
// after that; what was decided then counts, unless the key has changed, by its
// expiry or an eviction: later operations on it wait.
func (c *Core) update(now store.Instant, op *Op, out *Effects) {
	room := &out.decide
	room.was = append(room.was[:0], c.latest(now, op.Key))
	was := room.was[0]
	var then Decision
	var answer []byte
	if op.plan.holds(room.was) {
		then, answer = op.plan.then, op.plan.answer
	} else {
		c.discard(op, out)
		op.plan = nil
		answer = room.ask(now, op)
		then = room.then[0]
	}
	done := Done{Tag: op.Tag, Version: was.version, Value: answer}
	if then.Verdict == Keep || then.Verdict == Copy {
		c.fail(now, op, was, done, out)
		return
	}
	done.Found, done.Version, done.Value = true, c.log.last+1, bytes.Clone(answer)
	switch then.Verdict {
	case Put:
		c.putUpdated(now, op, was, then, done, out)
	case Touch:
		if need := c.sessions.cost(op.ID, &done); c.afford(now, op, need, out) {
			c.number(now, Entry{Kind: EntryCopy, Key: op.Key, TTL: then.TTL}, op, done, need, out)
		}
	case Delete: // as OpDelete
		c.number(now, Entry{Kind: EntryDelete, Key: op.Key}, op, done, 0, out)
	}
}

func (c *Core) putUpdated(now store.Instant, op *Op, was latest, then Decision, done Done, out *Effects) {
	if len(then.Value) > c.node.limits.Value {
		out.Done = append(out.Done, Done{Tag: op.Tag, Status: TooLarge})
		return
	}
	if op.body == 0 && c.sendsAhead(len(then.Value)) {
		if then.Lent {
			then.Value, then.Lent = bytes.Clone(then.Value), false
		}
		c.uploadPlan(now, op, then.Value, &plan{basis: []Number{was.version}, then: then, answer: done.Value}, out)
		return
	}
	e := Entry{Kind: EntryPut, Key: op.Key, Value: then.Value, TTL: then.TTL, Body: op.body}
	if then.KeepTTL {
		e.TTL = was.remaining(now)
	}
	op.Value, op.Lent, op.Give = nil, then.Lent, nil
	c.store(now, op, was, e, done, out)
}
