package replica

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/anishathalye/porcupine"

	"pikv/placement"
)

// simChecker holds the promises against what happens, after every step.
type simChecker struct {
	s         *sim
	committed [simPartitions]Number                     // the highest that any node committed
	epochs    [simPartitions]map[Number]placement.Epoch // of the committed entries
	contents  [simPartitions]map[Number]uint64          // what the store holds at a commit number
	refused   map[uint64]bool                           // values of writes that promise no effect
	mortal    map[uint64]bool                           // values written with a time to live
	history   map[string][]porcupine.Operation
	mayFail   bool // the message at hand says that a learner cannot follow
	closing   bool // clients do nothing new
	read      int  // keys read back at the end
	closedAt  int64
}

func (ck *simChecker) init(s *sim) {
	*ck = simChecker{s: s, refused: make(map[uint64]bool), mortal: make(map[uint64]bool), history: make(map[string][]porcupine.Operation)}
	for p := range ck.epochs {
		ck.epochs[p], ck.contents[p] = make(map[Number]placement.Epoch), make(map[Number]uint64)
	}
}

// simObserved is what a core was before an event.
type simObserved struct {
	role         Role
	phase        phase
	epoch        placement.Epoch
	commit, last Number
	complete     bool
	held         int
	failed       int  // replicas given up
	logFull      bool // more is kept for learners than may be
	queued       bool // operations wait for others to be committed
	used         int64
}

// complete reports that the core has all of the partition up to its log's end.
func complete(c *Core) bool {
	return c.role == RolePrimary || c.role == RoleBackup || c.role == RoleLearner && c.fill.done
}

func observe(c *Core) simObserved {
	o := simObserved{
		role: c.role, phase: c.phase, epoch: c.config.Epoch, commit: c.log.commit, last: c.log.last,
		complete: complete(c), held: len(c.clients.held), logFull: c.log.bytes+200 > c.limits.Log, // a sweep may add to it
		queued: c.clients.queued, used: c.memory.Used(),
	}
	for _, r := range c.replicas {
		if r.failed {
			o.failed++
		}
	}
	return o
}

// after checks a core after an event, and what others are concerned with.
func (ck *simChecker) after(n *simNode, p placement.PartitionID, before simObserved) {
	s, c := ck.s, n.cores[p]
	s.cover.step(c, before)
	if c.config.Epoch < before.epoch {
		s.fail("the epoch of partition %d falls from %d to %d at %s", p, before.epoch, c.config.Epoch, n.host.name)
	}
	if c.log.base > c.log.commit || c.log.commit > c.log.last || Number(len(c.log.entries)) != c.log.last-c.log.base {
		s.fail("the log of partition %d at %s is torn: %d to %d to %d", p, n.host.name, c.log.base, c.log.commit, c.log.last)
	}
	if complete(c) && (c.log.commit != before.commit || !before.complete) {
		ck.prefix(n, p)
	}
	if c.role == RolePrimary && c.log.commit > ck.committed[p] {
		ck.committed[p] = c.log.commit
		ck.inSync(p)
	} else if c.role != before.role || c.log.last < before.last {
		ck.inSync(p)
	}
	if c.role == RolePrimary && before.role == RolePrimary && c.log.open > c.limits.Log+int(s.weather.value)+100 && c.log.last > before.last {
		s.fail("%s numbers entries of partition %d without bound", n.host.name, p)
	}
	if failed := observe(c).failed; failed > before.failed && !ck.mayFail && !before.logFull && s.planted == plantNone {
		s.fail("%s gives up a replica of partition %d that could follow", n.host.name, p)
	}
	if c.Serving() {
		for _, h := range s.hosts {
			if h.node != n && h.node.alive && h.node.cores[p].Serving() {
				s.fail("%s and %s both serve partition %d", n.host.name, h.name, p)
			}
		}
	}
	var used int64
	for p := range n.cores {
		used += n.engines[p].Bytes()
		for _, w := range n.cores[p].clients.pending {
			used += w.reserved
		}
	}
	switch filling := c.role == RoleLearner && !before.complete; {
	case used != n.memory.Used():
		s.fail("%s accounts %d bytes and holds %d", n.host.name, n.memory.Used(), used)
	case (filling || before.role == RolePrimary && before.commit >= c.stepTo) && used > max(before.used, n.memory.Limit()):
		s.fail("%s goes from %d bytes to %d, over its limit, though it could refuse", n.host.name, before.used, used)
	}
}

// prefix checks that nodes which committed up to the same number hold the
// same, and nothing that was refused.
func (ck *simChecker) prefix(n *simNode, p placement.PartitionID) {
	s, c := ck.s, n.cores[p]
	for number := c.log.base; number <= c.log.commit; number++ {
		epoch, _ := c.log.epochOf(number)
		if known, ok := ck.epochs[p][number]; ok && known != epoch {
			s.fail("%s commits entry %d of partition %d from epoch %d, another did from %d", n.host.name, number, p, epoch, known)
		}
		ck.epochs[p][number] = epoch
	}
	sum := fnv.New64a()
	var fixed [16]byte
	for _, it := range n.engines[p].Snapshot() {
		binary.BigEndian.PutUint64(fixed[:], it.Version)
		binary.BigEndian.PutUint64(fixed[8:], uint64(len(it.Key)<<20+len(it.Value)))
		sum.Write(fixed[:])
		sum.Write(it.Key)
		sum.Write(it.Value)
		if ck.refused[valueOf(it.Value)] {
			s.fail("%s holds a value of partition %d whose write was refused", n.host.name, p)
		}
	}
	holds := sum.Sum64()
	s.note("holds", uint64(n.host.index)<<16|uint64(p), uint64(c.log.commit), holds)
	if known, ok := ck.contents[p][c.log.commit]; ok && known != holds {
		s.fail("partition %d differs at entry %d: %s holds what another did not", p, c.log.commit, n.host.name)
	}
	ck.contents[p][c.log.commit] = holds
}

// inSync checks that every replica which the register calls in sync has every
// committed entry.
func (ck *simChecker) inSync(p placement.PartitionID) {
	s, need := ck.s, ck.committed[p]
	for _, inc := range s.register.saved.Partitions[p].InSync {
		n := s.procs[inc]
		c := n.cores[p]
		switch epoch, reaches := c.log.epochOf(need); {
		case !n.alive:
		case need > 0 && (!complete(c) || c.log.last < need):
			s.fail("%s is in sync in partition %d, but lacks entry %d", n.host.name, p, need)
		case reaches && need > 0 && epoch != ck.epochs[p][need]:
			s.fail("%s is in sync in partition %d, but has another entry %d", n.host.name, p, need)
		}
	}
}

// answered notes what an answer promises.
func (ck *simChecker) answered(n *simNode, p placement.PartitionID, call *simCall, done *Done) {
	s := ck.s
	switch done.Status {
	case OK:
		it, holds := n.engines[p].Get([]byte(call.key))
		switch {
		case call.kind == OpPut && done.Version > ck.committed[p]:
			s.fail("%s acknowledges entry %d of partition %d, which is not committed", n.host.name, done.Version, p)
		case call.kind == OpGet && !done.Found && holds && it.Expired(n.clock()) && Number(it.Version) <= call.commit:
			s.fail("%s calls a key of partition %d gone that another may still show", n.host.name, p)
		}
	case UnknownFate:
	default:
		if call.kind == OpPut {
			ck.refused[call.value] = true
		}
	}
	s.cover.answer(call, done)
}

var _ Peers = (*simNode)(nil)
