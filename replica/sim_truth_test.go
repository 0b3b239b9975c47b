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

// published takes note of what is in force from now on. What a register says
// that another one has replaced is not in force, unless that one has the
// partition frozen still: who follows the old one waits in vain, or will hear of
// the new one.
func (ck *simChecker) published(m *simMaster) {
	s := ck.s
	for i := range m.state.View.Partitions {
		p, config, old := placement.PartitionID(i), m.state.View.Partitions[i], ck.config[i]
		if m.state.IsFrozen(p) || slices.Contains(ck.forsworn[p], m.reign.ID) {
			continue
		}
		for _, id := range m.state.Forsworn {
			if !slices.Contains(ck.forsworn[p], id) {
				ck.forsworn[p] = append(ck.forsworn[p], id)
			}
		}
		switch {
		case same(&config, &old), config.Epoch < old.Epoch && ck.by[p] == m.reign.ID: // of a file that is too old
			continue
		}
		ck.by[p] = m.reign.ID
		if m.override && config.Epoch < old.Epoch {
			// The operator was told what it may cost to wait for nobody.
			s.cover.hit(coverGivenUp)
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

func same(a, b *placement.Partition) bool {
	return a.Epoch == b.Epoch && a.Primary == b.Primary && slices.Equal(a.InSync, b.InSync)
}

// reset begins a new life of a partition: only when nobody can come back who
// had the earlier one.
func (ck *simChecker) reset(p placement.PartitionID, old *placement.Partition) {
	s := ck.s
	s.cover.hit(coverReset)
	for _, inc := range old.InSync {
		if s.procs[inc].alive {
			s.fail("partition %d is reset, though %s has all of it", p, s.procs[inc].host.name)
		}
	}
	ck.committed[p] = Number(ck.config[p].Life) << lifeBits
	s.ticket++
	ck.resetAt[p] = s.ticket
	// What is under way may have taken effect in the life before, and may do so
	// once more in the new one.
	for i := range s.clients {
		for _, call := range s.clients[i].calls {
			if call != nil && call.partition == p && call.op.kind != OpGet && call.ticket > 0 {
				s.record(call.who, p, call.key, &simInput{op: call.op, at: call.at, call: call}, call.ticket, &simResult{unknown: true})
			}
		}
	}
}

// recordReset puts the beginning of a new life into the histories.
func (s *sim) recordReset(p placement.PartitionID) {
	s.ticket++
	for k := range simKeys {
		history := &s.check.history[p][k]
		*history = append(*history, porcupine.Operation{
			ClientId: 1000, Input: &simInput{reset: true}, Call: s.check.resetAt[p], Output: &simResult{}, Return: s.ticket,
		})
	}
}
