package replica

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/anishathalye/porcupine"

	"pikv/placement"
	"pikv/store"
)

// simChecker holds the promises against what happens, after every step.
type simChecker struct {
	s          *sim
	committed  [simPartitions]Number                     // the highest that any node committed
	epochs     [simPartitions]map[Number]placement.Epoch // of the committed entries
	contents   [simPartitions]map[Number]uint64          // what a replica holds at a commit number
	placed     [simPartitions]map[uint64]Number          // the entry that wrote a value
	config     [simPartitions]placement.Partition        // in force: what the register decided last
	refused    map[uint64]bool                           // values of writes that promise no effect
	mortal     map[uint64]bool                           // values written with a time to live
	moved      map[uint64]bool                           // values that come as another entry, too: copied, or touched
	history    [simPartitions][simKeys][]porcupine.Operation
	generation [simPartitions]uint64 // of the register that decided it
	flying     []*simAttempt         // requests that have not been executed, whether or not the client still waits
	given      [simPartitions]bool   // writes may be lost: the operator was told so
	reborn     [simPartitions]uint32 // lives that a replica has begun
	resetAt    [simPartitions]int64  // ticket of the latest reset
	mayFail    bool                  // the message at hand says that a learner cannot follow
	closing    bool                  // clients do nothing new
	read       int                   // keys read back at the end
}

func (ck *simChecker) init(s *sim) {
	*ck = simChecker{s: s, refused: make(map[uint64]bool), mortal: make(map[uint64]bool), moved: make(map[uint64]bool)}
	for p := range ck.epochs {
		ck.epochs[p], ck.contents[p] = make(map[Number]placement.Epoch), make(map[Number]uint64)
		ck.placed[p] = make(map[uint64]Number)
	}
}

// after checks a core after an event, and what others are concerned with.
func (ck *simChecker) after(n *simNode, p placement.PartitionID, before simObserved) {
	s, c := ck.s, n.cores[p]
	now := observe(c)
	s.cover.step(n, c, before, now)
	if now.epoch < before.epoch {
		s.fail("the epoch of partition %d falls from %d to %d at %s", p, before.epoch, now.epoch, n.host.name)
	}
	if torn(c) {
		s.fail("the log of partition %d at %s is torn: %+v", p, n.host.name, now)
	}
	ck.memory(n)
	if now.life > ck.reborn[p] && !ck.given[p] {
		ck.reborn[p] = now.life
		s.recordReset(p)
	}
	if now.life < ck.config[p].Life || ck.given[p] {
		return // of a life that was given up
	}
	if now.complete && (now.commit != before.commit || !before.complete) {
		ck.prefix(n, p)
	}
	switch {
	case now.role == RolePrimary && now.commit > ck.committed[p]:
		ck.committed[p] = now.commit
		ck.inSync(p)
	case now.role != before.role || now.last < before.last:
		ck.inSync(p)
	}
	if now.role == RolePrimary && before.role == RolePrimary && now.open > c.node.limits.Log+2*int(s.weather.value)+400 && now.last > before.last {
		s.fail("%s numbers entries of partition %d without bound: %d bytes are open, from %d, at %d of %d", n.host.name, p, now.open, before.open, c.log.bytes, c.node.limits.Log)
	}
	ck.alone(n, p)
}

// alone checks that no two nodes answer for one partition, and that who does
// has the leases.
func (ck *simChecker) alone(n *simNode, p placement.PartitionID) {
	s := ck.s
	if s.weather.wild || !n.cores[p].Serves(n.clock()) {
		return
	}
	for _, h := range s.hosts {
		if o := h.node; o != nil && o != n && o.alive && o.cores[p].Serves(o.clock()) {
			s.fail("%s and %s both serve partition %d", n.host.name, h.name, p)
		}
	}
}

// memory checks that a node accounts for what it holds.
func (ck *simChecker) memory(n *simNode) {
	s := ck.s
	var used int64
	for p := range n.cores {
		used += n.engines[p].Bytes() + accounted(n.cores[p])
	}
	if used != n.memory.Used() {
		s.fail("%s accounts %d bytes and holds %d", n.host.name, n.memory.Used(), used)
	}
}

// prefix checks that nodes which committed up to the same number hold the
// same, nothing that was refused, and nothing twice.
func (ck *simChecker) prefix(n *simNode, p placement.PartitionID) {
	s, c := ck.s, n.cores[p]
	low, high := logged(c)
	for number := low; number <= high; number++ {
		epoch, _ := c.log.epochOf(number)
		if known, ok := ck.epochs[p][number]; ok && known != epoch {
			s.fail("%s commits entry %d of partition %d from epoch %d, another did from %d", n.host.name, number, p, epoch, known)
		}
		ck.epochs[p][number] = epoch
	}
	sum := fnv.New64a()
	var fixed [16]byte
	n.engines[p].Scan(0, nil, 1<<20, func(it store.Item) {
		binary.BigEndian.PutUint64(fixed[:], it.Version)
		binary.BigEndian.PutUint64(fixed[8:], uint64(len(it.Key)<<20+len(it.Value)))
		sum.Write(fixed[:])
		sum.Write(it.Key)
		sum.Write(it.Value)
		token := tokenOf(it.Value)
		if token&counterBit != 0 {
			return
		}
		if ck.moved[token] {
			delete(ck.placed[p], token)
			return
		}
		if ck.refused[token] {
			s.fail("%s holds a value of partition %d whose write was refused", n.host.name, p)
		}
		if at, ok := ck.placed[p][token]; ok && at != Number(it.Version) && at>>lifeBits == Number(it.Version)>>lifeBits {
			s.fail("%s holds a value of partition %d as entry %d, which was entry %d before: its write took effect twice", n.host.name, p, it.Version, at)
		}
		ck.placed[p][token] = Number(it.Version)
	})
	for _, r := range remembered(c) {
		binary.BigEndian.PutUint64(fixed[:], r.Client<<8^r.Seq^r.Finished<<24^r.Forgotten<<40)
		binary.BigEndian.PutUint64(fixed[8:], uint64(r.Outcome.Version)<<8|uint64(r.Outcome.Status))
		sum.Write(fixed[:])
		sum.Write(r.Outcome.Value)
	}
	holds := sum.Sum64()
	s.note("holds", uint64(n.host.index)<<16|uint64(p), uint64(high), holds)
	if known, ok := ck.contents[p][high]; ok && known != holds {
		s.fail("partition %d differs at entry %d: %s holds what another did not", p, high, n.host.name)
	}
	ck.contents[p][high] = holds
}

// inSync checks that every replica which the register calls in sync has every
// committed entry.
func (ck *simChecker) inSync(p placement.PartitionID) {
	s, need := ck.s, ck.committed[p]
	if need == Number(ck.config[p].Life)<<lifeBits || ck.given[p] {
		return // nothing is committed yet, or nothing is promised any more
	}
	for _, inc := range ck.config[p].InSync {
		n := s.procs[inc]
		if n == nil || !n.alive {
			continue
		}
		c := n.cores[p]
		o := observe(c)
		switch epoch, reaches := c.log.epochOf(need); {
		case !o.complete || o.last < need:
			s.fail("%s is in sync in partition %d, but lacks entry %d", n.host.name, p, need)
		case reaches && epoch != ck.epochs[p][need]:
			s.fail("%s is in sync in partition %d, but has another entry %d", n.host.name, p, need)
		}
	}
}

// answered notes what an answer promises.
func (ck *simChecker) answered(n *simNode, p placement.PartitionID, a *simAttempt, done *Done) {
	s := ck.s
	if done.Status != OK || ck.given[p] {
		return
	}
	kind := a.call.op.kind
	if kind == OpUpdate || kind == OpGroup {
		for _, seen := range simSeenIn(done.Value) {
			if seen.version > ck.committed[p] {
				s.fail("%s answers with entry %d of partition %d, which is not committed", n.host.name, seen.version, p)
			}
		}
	}
	switch it, holds := n.engines[p].Get([]byte(s.keys[p][a.call.key].name)); {
	case a.call.op.writes(done) && done.Version > ck.committed[p]:
		s.fail("%s acknowledges entry %d of partition %d, which is not committed", n.host.name, done.Version, p)
	case kind == OpGet && !done.Found && holds && it.Expired(n.clock()) && Number(it.Version) <= a.commit && n.paused <= s.now:
		s.fail("%s calls a key of partition %d gone that another may still show", n.host.name, p)
	}
}
