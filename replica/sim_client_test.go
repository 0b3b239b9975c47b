package replica

import (
	"encoding/binary"

	"pikv/placement"
	"pikv/store"
)

// simClient sends one operation after another, each to the owner that it
// knows of. It sends again only what certainly had no effect.
type simClient struct {
	s      *sim
	id     int
	view   *placement.View
	heard  [simPartitions]placement.Epoch // from redirects
	values uint64
	busy   bool
}

// simCall is one attempt at an operation, and the Tag of its Op.
type simCall struct {
	client    *simClient
	kind      OpKind
	partition placement.PartitionID
	key       string
	value     uint64 // OpPut: no other attempt has the same
	ttl       int64
	ticket    int64
	at        int64
	tries     int
	commit    Number // the node's when the request came
	sent      bool
	answered  bool // by the node
	closed    bool // for the client
}

func (cl *simClient) init(s *sim, id int) {
	*cl = simClient{s: s, id: id}
	cl.rest()
}

// rest thinks for a while before the next operation.
func (cl *simClient) rest() {
	s := cl.s
	cl.busy = false
	think := s.between(0, 2*s.weather.think)
	if s.chance(0.2) {
		think = s.between(0, millisecond)
	}
	if s.now >= s.healAt {
		think += 30 * millisecond // a fill must be able to keep up with the writes
	}
	s.after(think, func() {
		if s.check.closing {
			return
		}
		cl.busy = true
		p, k := placement.PartitionID(s.rng.IntN(simPartitions)), s.rng.IntN(simKeys)
		if s.chance(s.weather.hot) { // on another partition each second
			p, k = placement.PartitionID(s.now/1000/millisecond%simPartitions), 0
		}
		call := &simCall{client: cl, partition: p, key: s.keys[p][k]}
		switch draw := s.rng.IntN(20); {
		case draw < 9:
			call.kind = OpPut
			switch {
			case s.chance(0.15):
				call.ttl = s.between(20, 600) * millisecond
			case s.chance(0.3):
				call.ttl = s.between(1, 40) * millisecond
			}
		case draw < 16:
			call.kind = OpGet
		default:
			call.kind = OpDelete
		}
		cl.try(call, 0)
	})
}

// again makes a new attempt of one that had no effect.
func (cl *simClient) again(call *simCall, owner placement.Incarnation, delay int64) {
	call.closed = true
	if call.tries >= 12 && !cl.s.check.closing {
		cl.rest() // given up: nothing happened
		return
	}
	next := &simCall{client: cl, kind: call.kind, partition: call.partition, key: call.key, ttl: call.ttl, tries: call.tries + 1}
	cl.s.after(delay, func() { cl.try(next, owner) })
}

// try sends an attempt to owner or, when that is 0, to the one in the view.
func (cl *simClient) try(call *simCall, owner placement.Incarnation) {
	s := cl.s
	if cl.view == nil || s.chance(0.05) || owner == 0 && call.tries > 1 {
		cl.refresh()
	}
	if owner == 0 && cl.view != nil {
		owner = cl.view.Partitions[call.partition].Primary
	}
	n := s.procs[owner]
	if n == nil || !n.alive {
		cl.refresh()
		cl.again(call, 0, s.between(5, 60)*millisecond)
		return
	}
	if call.kind == OpPut {
		cl.values++
		call.value = uint64(cl.id+1)<<32 | cl.values
	}
	s.ticket++
	call.ticket, call.at, call.sent = s.ticket, s.now, true
	if s.now >= s.healAt || !s.chance(0.003) { // else the request is lost
		n.after(s.between(0, s.weather.hop), func() { cl.execute(n, call) })
	}
	patience := 4000 * millisecond
	if s.chance(0.05) {
		patience = s.between(1, 500) * millisecond
	}
	s.after(patience, func() {
		if !call.closed {
			s.cover.hit(coverSilentCall)
			cl.finish(call, simResult{unknown: true})
		}
	})
}

// execute is the request's arrival. The key's bytes are spoilt afterwards:
// the core has only borrowed them.
func (cl *simClient) execute(n *simNode, call *simCall) {
	s := cl.s
	if call.closed {
		s.cover.hit(coverLateCall)
	}
	op := Op{Kind: call.kind, Key: []byte(call.key), TTL: duration(call.ttl), Tag: call}
	if call.kind == OpPut {
		s.check.mortal[call.value] = call.ttl > 0
		op.Value = binary.BigEndian.AppendUint64(nil, call.value)
		op.Value = append(op.Value, make([]byte, s.between(0, s.weather.value))...)
	}
	if s.chance(0.8) {
		op.Epoch = cl.heard[call.partition]
	}
	op.Deadline = n.clock() + store.Instant(s.between(60, 1500)*millisecond)
	call.commit = n.cores[call.partition].log.commit
	s.note("do", uint64(n.host.index), uint64(call.kind), call.value)
	n.step(call.partition, func(c *Core, now store.Instant, out *Effects) { c.Do(now, &op, out) })
	spoil(op.Key)
}

// answer is a node's answer on its way to the client.
func (s *sim) answer(n *simNode, p placement.PartitionID, done *Done) {
	call := done.Tag.(*simCall)
	s.note("done "+done.Status.String(), uint64(n.host.index), uint64(call.kind), call.value)
	if call.answered {
		s.fail("%s answers an operation twice", n.host.name)
	}
	call.answered = true
	s.check.answered(n, p, call, done)
	if s.now < s.healAt && s.chance(0.003) {
		return // lost
	}
	reply := *done
	s.after(s.between(0, s.weather.hop), func() {
		if !call.closed {
			call.client.reply(call, &reply)
		}
	})
}

func (cl *simClient) reply(call *simCall, done *Done) {
	s := cl.s
	switch done.Status {
	case OK:
		cl.finish(call, simResult{found: done.Found, value: valueOf(done.Value)})
	case UnknownFate:
		cl.finish(call, simResult{unknown: true})
	case OutOfMemory:
		call.closed = true
		cl.rest()
	case Moved:
		cl.heard[call.partition] = max(cl.heard[call.partition], done.Epoch)
		cl.again(call, done.Owner, s.between(0, 2)*millisecond)
	default:
		cl.refresh()
		cl.again(call, 0, s.between(5, 60)*millisecond)
	}
}

// refresh takes the view of some node, or an old one of the master's.
func (cl *simClient) refresh() {
	s := cl.s
	v := s.hosts[s.rng.IntN(simHosts)].node.view
	if v == nil || s.chance(0.2) {
		v = s.register.history[s.rng.IntN(len(s.register.history))]
	}
	if s.now >= s.healAt {
		v = s.register.view
	}
	cl.view = v
}

func valueOf(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
