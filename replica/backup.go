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
	switch m.Kind {
	case MsgAck:
		if r := c.replica(from); c.role == RolePrimary && r != nil {
			c.onAck(now, r, m, out)
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
// has already are passed over; after a gap, or where the logs differ, it
// takes nothing, and its acknowledgement tells the primary why.
func (c *Core) onAppend(now store.Instant, m *Message, out *Effects) {
	defer c.acknowledge(out)
	if c.role == RoleLearner && !c.fill.done {
		return
	}
	if m.Prev > c.log.last {
		return
	}
	if epoch, ok := c.log.epochOf(m.Prev); ok && epoch != m.PrevEpoch {
		return
	}
	next := m.Prev
	for i := range m.Entries {
		e := &m.Entries[i]
		if next++; e.Number != next {
			return // not contiguous: not from a correct primary
		}
		if e.Number <= c.log.last {
			if epoch, ok := c.log.epochOf(e.Number); ok && epoch != e.Epoch {
				return
			}
			continue
		}
		kept := *e
		kept.Key, kept.Value = bytes.Clone(e.Key), bytes.Clone(e.Value)
		c.log.push(kept)
	}
	// Only up to next is known to be the same as at the primary.
	commit := min(m.Commit, next)
	for c.log.commit < commit {
		c.apply(now, c.log.commitNext())
	}
	c.log.trim(c.log.commit)
}

// acknowledge tells the primary what this replica has.
func (c *Core) acknowledge(out *Effects) {
	out.send(c.config.Primary, Message{
		Kind: MsgAck, Partition: c.id, Epoch: c.config.Epoch,
		Prev: c.log.last, PrevEpoch: c.log.lastEpoch, Commit: c.log.commit,
		From: c.fill.next, Done: c.role == RoleBackup || c.fill.done, Full: c.fill.full,
	})
}
