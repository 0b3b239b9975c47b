package replica

import (
	"slices"

	"github.com/anishathalye/porcupine"

	"pikv/placement"
	"pikv/register"
)

// transition checks a step of one register, when it has become durable.
func (ck *simChecker) transition(m *simMaster, before, after *register.State) {
	s := ck.s
	if before == nil || before.View == nil || before.View.MasterID != after.View.MasterID || before.View == after.View {
		return
	}
	if after.View.Epoch <= before.View.Epoch {
		s.fail("the register goes from epoch %d to %d", before.View.Epoch, after.View.Epoch)
	}
	for i := range after.View.Partitions {
		p, old, config := placement.PartitionID(i), &before.View.Partitions[i], &after.View.Partitions[i]
		if config.Epoch == old.Epoch || before.IsFrozen(p) {
			continue
		}
		s.note("configuration", uint64(p), uint64(config.Epoch), uint64(len(config.InSync)))
		if config.Life == old.Life && !slices.Contains(old.InSync, config.Primary) {
			s.fail("the new primary of partition %d was not in sync", p)
		}
		s.cover.configuration(s, p, old, config)
	}
}

// published takes note of what is in force from now on. Of two registers the
// one of the later generation decides, unless it has the partition frozen still:
// who follows the other one waits in vain, or will hear of it.
func (ck *simChecker) published(m *simMaster) {
	s := ck.s
	for i := range m.state.View.Partitions {
		p, config, old := placement.PartitionID(i), m.state.View.Partitions[i], ck.config[i]
		generation := m.reign.ID.Generation()
		thawed := m.waits[p]
		m.waits[p] = m.state.IsFrozen(p)
		if m.waits[p] || generation < ck.generation[p] && s.remembered(ck.generation[p]) {
			continue
		}
		replaced := generation != ck.generation[p]
		ck.generation[p] = generation
		if same(&config, &old) || config.Epoch < old.Epoch && !replaced && !m.override { // of a file that is too old
			continue
		}
		if thawed && m.override || config.Epoch < old.Epoch && !s.anyAlive(old.InSync) {
			// The operator was told what it may cost to wait for nobody; or all
			// who knew better are dead, with all that they held. What was
			// written before is checked, what comes after is not.
			s.cover.hit(coverGivenUp)
			s.recordOpen(p)
			ck.given[p] = true
		}
		if s.verbose != nil {
			s.verbose("%12.6f m%d decides %d: %+v", float64(s.now)/1e9, m.index, p, config)
		}
		ck.config[p] = config
		if config.Life > old.Life {
			ck.reset(p, &old)
		}
		ck.inSync(p)
	}
}

// remembered reports whether anybody is left who knows of a register of that
// generation or a later one.
func (s *sim) remembered(generation uint64) bool {
	for _, m := range s.masters {
		if m.alive && m.reign.ID.Generation() >= generation || m.file != nil && m.file.View.MasterID.Generation() >= generation {
			return true
		}
	}
	for _, h := range s.hosts {
		if n := h.node; n != nil && n.alive && n.following.followed.Generation() >= generation {
			return true
		}
	}
	return false
}

func (s *sim) anyAlive(incs []placement.Incarnation) bool {
	return slices.ContainsFunc(incs, func(inc placement.Incarnation) bool { return s.procs[inc] != nil && s.procs[inc].alive })
}

func same(a, b *placement.Partition) bool {
	return a.Epoch == b.Epoch && a.Primary == b.Primary && slices.Equal(a.InSync, b.InSync)
}

// reset begins a new life of a partition: only when nobody can come back who
// had the earlier one.
func (ck *simChecker) reset(p placement.PartitionID, old *placement.Partition) {
	s := ck.s
	if ck.given[p] {
		return
	}
	s.cover.hit(coverReset)
	for _, inc := range old.InSync {
		if s.procs[inc].alive {
			s.fail("partition %d is reset, though %s has all of it", p, s.procs[inc].host.name)
		}
	}
	ck.committed[p] = Number(ck.config[p].Life) << lifeBits
	s.ticket++
	ck.resetAt[p] = s.ticket
	// It may do so once more in the new one.
	s.recordOpen(p)
}

// recordOpen notes that what is under way may have taken effect.
func (s *sim) recordOpen(p placement.PartitionID) {
	for i := range s.clients {
		for _, call := range s.clients[i].calls {
			if call != nil && call.partition == p && call.op.kind != OpGet && call.ticket > 0 {
				s.record(call.who, p, call.key, &simInput{op: call.op, at: call.at, call: call}, call.ticket, &simResult{unknown: true})
			}
		}
	}
	// Nobody remembers in the new life what was answered in the old one: a repetition that
	// is still on its way is done again.
	for i, a := range s.check.flying {
		call := a.call
		if ended := call.client.calls[call.thread] != call; ended && call.partition == p && call.op.kind != OpGet {
			s.record(2000+i, p, call.key, &simInput{op: call.op, at: call.at, call: call}, s.ticket, &simResult{unknown: true})
		}
	}
}

// recordReset puts the beginning of a new life into the histories.
func (s *sim) recordReset(p placement.PartitionID) {
	s.ticket++
	for k := range simPaired + 1 {
		history := &s.check.history[p][k]
		*history = append(*history, porcupine.Operation{
			ClientId: 1000, Input: &simInput{reset: true}, Call: s.check.resetAt[p], Output: &simResult{}, Return: s.ticket,
		})
	}
}
