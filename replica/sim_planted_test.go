package replica

import "pikv/placement"

// planted is a bug that the simulation puts around the cores, in what they
// receive or in what the register does: it must be found.
type planted int

const (
	plantNone           planted = iota
	plantNoEpochCheck           // messages count whatever their epoch
	plantEarlyPromotion         // a learner is promoted before it is filled
	plantSpontaneous            // the register hands over a partition whose primary still serves
	plantRepeatedItems          // a learner takes any run of items for the next one
	plantEarlyAck               // a backup acknowledges what it has yet to get
	plantOldIncarnation         // a restarted node counts as the one before
	plantStaleRequest           // the register does not look at a request's epoch
	plantPublishFirst           // a view is published before it is on disk
	plantLostEntry              // a backup misses an entry and does not notice
	plantLearnerIgnored         // a learner whose promotion is asked for counts as having everything
	plantLocalExpiry            // a backup removes what has expired by its own clock
)

// plantInMessage alters what a node is about to receive.
func (s *sim) plantInMessage(n *simNode, from placement.Incarnation, m *Message) {
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
			if s.planted == plantEarlyAck || r.learner {
				m.Prev, m.PrevEpoch = c.log.last, c.log.lastEpoch
			}
		}
	case plantLostEntry:
		if k := len(m.Entries); k > 0 && m.Epoch == c.config.Epoch && m.Prev == c.log.last && s.chance(0.01) {
			m.Entries[0].Kind, m.Entries[0].Key = EntryDelete, []byte("nothing")
		}
	}
}

// plantInTick does what a node should leave.
func (s *sim) plantInTick(n *simNode, p placement.PartitionID) {
	if s.planted != plantLocalExpiry || n.cores[p].role != RoleBackup {
		return
	}
	for _, it := range n.engines[p].Due(n.clock(), 1) {
		n.engines[p].Delete(it.Key)
	}
}

// plantInRequests alters what the register is asked.
func (s *sim) plantInRequests(v *placement.View, queue []placement.Change) []placement.Change {
	for i := range queue {
		if s.planted == plantStaleRequest {
			queue[i].Epoch = v.Partitions[queue[i].Partition].Epoch
		}
	}
	for i := range v.Partitions {
		p, config := placement.PartitionID(i), &v.Partitions[i]
		change := placement.Change{Partition: p, Epoch: config.Epoch, Asker: config.Primary}
		switch {
		case s.planted == plantEarlyPromotion && len(config.Learners) > 0:
			change.Kind, change.Node = placement.Promote, config.Learners[0]
			queue = append(queue, change)
		case s.planted == plantSpontaneous && len(config.InSync) > 1 && s.chance(0.5):
			change.Kind, change.Node = placement.HandOver, config.InSync[0]
			if change.Node == config.Primary {
				change.Node = config.InSync[1]
			}
			queue = append(queue, change)
		}
	}
	return queue
}
