package replica

import (
	"math"
	"slices"

	"pikv/client/retry"
	"pikv/placement"
	"pikv/register"
	"pikv/store"
)

// planted is a bug that the simulation puts around the cores: in what they
// receive, in the configurations that they are given, in what they keep, or in
// what the register does. It must be found.
type planted int

const (
	plantNone             planted = iota
	plantEarlyAck                 // a write is acknowledged before the backups have it
	plantNoLease                  // a primary serves whatever its leases
	plantLeaseFromReceipt         // a lease counts from the grant's arrival
	plantNoWait                   // a new primary does not wait for the leases of the one it replaces
	plantAnyGrant                 // a grant counts though its grantor knows a later view
	plantOldGrant                 // a grant names the view that is held, not the one that is being taken up
	plantNoEpochCheck             // messages count whatever their epoch
	plantNumberOnly               // entries are compared by number alone
	plantEarlyPromotion           // a learner is promoted before it is filled
	plantLearnerIgnored           // a learner whose promotion is asked for is not waited for
	plantEarlyRead                // a new primary answers before its tail is committed
	plantNoFlush                  // a hand-over counts as if all were flushed and the old primary had stopped
	plantStaleHandOver            // the register takes a hand-over of an old configuration
	plantStaleRequest             // the register does not look at a request's epoch
	plantLocalExpiry              // a backup removes what has expired by its own clock
	plantOldIncarnation           // a restarted node counts as the one before
	plantNoRecords                // a repeated write is taken for a new one
	plantFirstAttempt             // a failure is not recorded, though an earlier attempt may still come
	plantNoRecordsInFill          // snapshots have no records
	plantPublishFirst             // a view is published before it is on disk
	plantRepeatedItems            // a learner takes any run of items for the next one
	plantLostEntry                // a backup misses an entry and does not notice
	plantNoFreeze                 // a rebuilt register does not wait for absent replicas
	plantNoLife                   // a replica keeps what it has of an earlier life
	plantLocalEviction            // a backup that is short of memory evicts by itself
	plantEarlyEviction            // a primary misses what it evicts before the others are bound to remove it
	plantCommittedUpdate          // an update is decided by what is committed, not by what is numbered
	plantTornGroup                // a backup applies a part of a group
	plantEarlyKeep                // an update that changes nothing does not wait for what it saw
	plantLostTouch                // a backup misses a change of a time to live
	plantOvertake                 // an operation overtakes an earlier one on its key that waits
	plantOldClock                 // a request is judged by a clock that was read before it came
	plantLearnerLease             // a learner whose promotion is asked for needs no lease
	plantNotSent                  // a client takes a broken connection for a request that was not sent
	plantSettled                  // a client takes every refusal for an answer to its earlier attempts, too
	plantGoBack                   // a worker that has sworn to a later register goes back to an earlier one
)

// plantInMessage alters what a node is about to receive; true: it is lost.
func (s *sim) plantInMessage(n *simNode, from placement.Incarnation, m *Message) bool {
	if s.planted == plantNone {
		return false
	}
	c := n.cores[m.Partition]
	switch s.planted {
	case plantNoEpochCheck:
		m.Epoch = c.config.Epoch
	case plantRepeatedItems:
		if m.Kind == MsgFill && m.Epoch == c.config.Epoch {
			m.From = c.fill.next
		}
	case plantEarlyAck, plantLearnerIgnored:
		r := c.replica(from)
		if m.Kind == MsgAck && m.Epoch == c.config.Epoch && c.role == RolePrimary && m.Done && r != nil {
			if s.planted == plantEarlyAck && !r.learner || s.planted == plantLearnerIgnored && r.learner {
				m.Prev, m.PrevEpoch = c.log.last, c.log.lastEpoch
			}
		}
	case plantLostEntry:
		if k := len(m.Entries); k > 0 && m.Epoch == c.config.Epoch && m.Prev == c.log.last && s.chance(0.01) {
			m.Entries[0].Kind, m.Entries[0].Key = EntryDelete, []byte("nothing")
		}
	case plantTornGroup:
		for i := range m.Entries {
			if e := &m.Entries[i]; e.Kind == EntryGroup && len(e.Value) > 0 {
				r := reader{buf: e.Value}
				r.part()
				e.Value = e.Value[:len(e.Value)-len(r.buf)]
			}
		}
	case plantLostTouch:
		for i := range m.Entries {
			if e := &m.Entries[i]; e.Kind == EntryCopy {
				if it, _ := n.engines[m.Partition].Get(e.Key); it.Deadline == 0 {
					e.TTL = 0
				} else {
					e.TTL = max(duration(int64(it.Deadline-n.clock())), 1)
				}
			}
		}
	case plantNumberOnly:
		s.plantSameEpochs(c, m)
	case plantNoRecordsInFill:
		for i := range m.Records {
			m.Records[i].Seq, m.Records[i].Outcome = 0, Outcome{}
		}
	}
	return false
}

// plantSameEpochs makes the epochs of entries look like those that the
// receiver has.
func (s *sim) plantSameEpochs(c *Core, m *Message) {
	if m.Epoch != c.config.Epoch || m.Kind == MsgFill {
		return
	}
	if epoch, ok := c.log.epochOf(m.Prev); ok {
		m.PrevEpoch = epoch
	}
	m.Start = max(m.Start, c.log.last)
	for i := range m.Entries {
		if epoch, ok := c.log.epochOf(m.Entries[i].Number); ok {
			m.Entries[i].Epoch = epoch
		}
	}
}

// plantInTick does what a node should leave.
func (s *sim) plantInTick(n *simNode, p placement.PartitionID) {
	c := n.cores[p]
	switch {
	case s.planted == plantNone:
	case s.planted == plantNoLease:
		for _, pair := range n.known {
			pair.Grant(n.clock(), n.clock(), DefaultTiming().Lease)
		}
	case s.planted == plantLocalExpiry && c.role == RoleBackup:
		for _, it := range n.engines[p].Due(n.clock(), 1) {
			n.engines[p].Delete(it.Key)
		}
	case s.planted == plantLocalEviction && c.role == RoleBackup && n.short.Own(n.memory, n.reserve(), 1) > 0:
		if it, _, ok := n.engines[p].Coldest(s.rng.Uint64(), 2); ok {
			n.engines[p].Delete(it.Key)
		}
	case s.planted == plantLearnerLease:
		for _, r := range c.replicas {
			if r.learner {
				r.pair = NewPair(n.Pair(r.id).Heard())
				r.pair.until.Store(math.MaxInt64)
			}
		}
	case s.planted == plantOvertake:
		c.clients.lines.ahead, c.clients.lines.held = nil, nil
	case s.planted == plantEarlyRead:
		c.reign.stepTo = 0
	}
}

// plantInGrant alters which view a grant names.
func (s *sim) plantInGrant(n *simNode, id *placement.MasterID, view *placement.Epoch) {
	if s.planted == plantOldGrant {
		*id, *view = n.following.standing.master, n.following.standing.view
	}
}

// plantInConfig alters a configuration that a core is to adopt.
func (s *sim) plantInConfig(n *simNode, p placement.PartitionID, config *placement.Partition) {
	switch s.planted {
	case plantNoWait:
		config.Replaced = false
	case plantNoLife:
		config.Life = 0
	case plantNoFlush:
		if c := n.cores[p]; config.Primary == n.inc && c.role == RoleBackup && !config.Replaced {
			s.after(0, func() { c.phase, c.reign.stepTo = serving, 0 })
		}
	}
}

// plantInOp alters a client's request.
func (s *sim) plantInOp(op *Op) {
	switch s.planted {
	case plantNoRecords:
		op.ID = RequestID{}
	case plantFirstAttempt:
		op.ID.Attempt = min(op.ID.Attempt, 1)
	}
}

// plantInArrival alters what the clock showed when a request came.
func (s *sim) plantInArrival(arrived *store.Instant) {
	if s.planted == plantOldClock {
		*arrived -= store.Instant(s.between(0, 600) * millisecond)
	}
}

// plantInEnding alters how a client's attempt ended.
func (s *sim) plantInEnding(e *retry.Ending) {
	if s.planted == plantNotSent && e.Kind == retry.Lost {
		e.Kind = retry.NotSent
	}
}

// plantInEnd alters what a client makes of the end of an attempt.
func (s *sim) plantInEnd(v retry.Verdict, end *retry.End) {
	if s.planted == plantSettled && v.Final && !v.Maybe {
		*end = retry.Refused
	}
}

// plantEarlyKeep answers an operation that changes nothing and waits.
func (s *sim) plantEarlyKeep(c *Core, a *simAttempt, out *Effects) {
	if s.planted != plantEarlyKeep || a.call.op.kind == OpGet {
		return
	}
	pending := c.clients.pending.all()
	for i := range pending {
		p := &pending[i]
		p.more = slices.DeleteFunc(p.more, func(w waiter) bool {
			early := w.noEffect && w.done.Tag == any(a)
			if early {
				out.Done = append(out.Done, w.done)
			}
			return early
		})
	}
}

// plantInRequests alters what the register is asked.
func (s *sim) plantInRequests(m *simMaster, requests []register.Request) []register.Request {
	v := m.view()
	if s.planted == plantNone || v == nil {
		return requests
	}
	for i := range requests {
		for j := range requests[i].Changes {
			c := &requests[i].Changes[j]
			switch {
			case s.planted == plantStaleRequest:
				c.Epoch = v.Partitions[c.Partition].Epoch
			case s.planted == plantStaleHandOver && c.Kind == placement.HandOver:
				requests = append(requests, register.Request{Edit: s.plantHandOver(m, *c)})
			}
		}
	}
	for i := range v.Partitions {
		p, config := placement.PartitionID(i), &v.Partitions[i]
		if s.planted == plantEarlyPromotion && len(config.Learners) > 0 {
			requests = append(requests, register.Request{Changes: []placement.Change{{
				Kind: placement.Promote, Partition: p, Epoch: config.Epoch, Asker: config.Primary, Node: config.Learners[0],
			}}})
		}
	}
	return requests
}

// plantHandOver takes a hand-over as if the configuration that it names were
// still in force.
func (s *sim) plantHandOver(m *simMaster, c placement.Change) func(*register.State) (*register.State, error) {
	return func(base *register.State) (*register.State, error) {
		for _, view := range slices.Backward(m.history) {
			old := view.Partitions[c.Partition]
			if old.Epoch != c.Epoch || old.Epoch == base.View.Partitions[c.Partition].Epoch || !slices.Contains(old.InSync, c.Node) {
				continue
			}
			next := base.View.Clone()
			next.Epoch++
			old.Epoch, old.Primary, old.Learners, old.Replaced = next.Epoch, c.Node, nil, false
			next.Partitions[c.Partition] = old
			return base.WithView(next), nil
		}
		return base, nil
	}
}
