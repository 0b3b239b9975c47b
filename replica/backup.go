package replica

import (
	"bytes"

	"pikv/placement"
	"pikv/store"
)

// Receive takes a message from another node about this partition. It keeps
// none of the message's slices.
func (c *Core) Receive(now store.Instant, from placement.Incarnation, m *Message, out *Effects) {
	switch {
	case m.Epoch < c.config.Epoch:
		if m.Kind != MsgStale {
			out.send(from, Message{Kind: MsgStale, Partition: c.id, Epoch: c.config.Epoch})
		}
		return
	case m.Epoch > c.config.Epoch:
		if m.Epoch > out.Behind {
			out.Behind, out.BehindFrom = m.Epoch, from
		}
		return
	}
	defer c.charge()
	if from == c.config.Primary {
		c.heardLeader(now, out)
	}
	switch m.Kind {
	case MsgAck:
		if r := c.replica(from); c.role == RolePrimary && r != nil {
			c.onAck(now, r, m, out)
		}
	case MsgBodyAck:
		if r := c.replica(from); c.role == RolePrimary && r != nil {
			c.onBodyAck(now, r, m, out)
		}
	case MsgBody:
		if from == c.config.Primary && (c.role == RoleBackup || c.role == RoleLearner) {
			c.onBody(now, m, out)
		}
	case MsgAppend:
		if from == c.config.Primary && (c.role == RoleBackup || c.role == RoleLearner) {
			c.onAppend(now, m, out)
		}
	case MsgFill:
		if from == c.config.Primary && (c.role == RoleBackup || c.role == RoleLearner) {
			c.onFill(now, m, out)
		}
	}
}

// onAppend takes entries that follow what this replica has. Entries that it
// has already are passed over; after a gap it takes nothing, and its
// acknowledgement tells the primary why. Entries that an earlier primary left
// here, and that this one does not have, were never committed: they make way.
func (c *Core) onAppend(now store.Instant, m *Message, out *Effects) {
	defer c.acknowledge(out)
	if c.role == RoleLearner && !c.fill.done {
		return
	}
	c.cutLeftOver(m.Start)
	if m.Prev > c.log.last {
		return
	}
	if epoch, ok := c.log.epochOf(m.Prev); ok && epoch != m.PrevEpoch {
		return
	}
	same := m.Prev // up to here this log is known to be the primary's
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Number != same+1 || !c.take(e) {
			break
		}
		same++
	}
	commit := min(m.Commit, same)
	for c.log.commit < commit {
		c.apply(now, c.log.commitNext())
	}
	c.log.trim(c.log.commit)
}

// charge accounts for the entries that a backup or a learner has not applied yet:
// over many partitions they are much, and what the primaries hear of this node's
// room must not count it twice. A primary has reserved room for its own.
func (c *Core) charge() {
	var want int64
	if c.role != RolePrimary {
		want = int64(c.log.open)
	}
	if want != c.charged {
		c.node.memory.Force(want - c.charged)
		c.charged = want
	}
}

// take adds an entry that follows those before it, unless it is here already.
// The primary of this epoch never changes an entry, so one of another epoch in
// its place is an earlier primary's. false: its body is not here; or it is
// committed here, which a correct primary knows.
func (c *Core) take(e *Entry) bool {
	if e.Number <= c.log.last {
		epoch, ok := c.log.epochOf(e.Number)
		switch {
		case !ok || epoch == e.Epoch:
			return true
		case e.Number <= c.log.commit:
			return false
		}
		c.log.cut(e.Number - 1)
	}
	kept := *e
	kept.Outcome.Value = bytes.Clone(e.Outcome.Value)
	if e.Body == 0 || len(e.Value) > 0 {
		kept.Key, kept.Value = cloneBoth(e.Key, e.Value)
	} else if value, ok := c.takeBody(e.Body); ok && (e.Kind != EntryGroup || wellFormed(value)) {
		kept.Key, kept.Value = bytes.Clone(e.Key), value
	} else {
		return false // the primary sends it with its value when it has waited for long enough
	}
	kept.Body = 0
	c.log.push(kept)
	return true
}

// cloneBoth copies a key and its value into one piece of memory: they come and
// go together. A value that is large has its own, since the key may outlive it.
func cloneBoth(key, value []byte) (k, v []byte) {
	const large = 1 << 10
	if len(value) == 0 || len(value) > large {
		return bytes.Clone(key), bytes.Clone(value)
	}
	both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
	return both[:len(key):len(key)], both[len(key):]
}

// cutLeftOver drops entries after start that are not of the epoch in force:
// the primary's are.
func (c *Core) cutLeftOver(start Number) {
	keep := max(start, c.log.commit)
	if keep < c.log.last && c.log.at(keep+1).Epoch < c.config.Epoch {
		c.log.cut(keep)
	}
}

// acknowledge tells the primary what this replica has.
func (c *Core) acknowledge(out *Effects) {
	out.send(c.config.Primary, Message{
		Kind: MsgAck, Partition: c.id, Epoch: c.config.Epoch,
		Prev: c.log.last, PrevEpoch: c.log.lastEpoch, Commit: c.log.commit,
		From: c.fill.next, Done: c.role == RoleBackup || c.fill.done, Full: c.fill.full,
	})
}
