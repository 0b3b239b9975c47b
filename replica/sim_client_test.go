package replica

import (
	"bytes"
	"slices"

	"pikv/placement"
	"pikv/store"
)

// simThreads is how many calls of one client are under way at once.
const simThreads = 2

// simClient is a client process: its calls share a view and a window of
// requests.
type simClient struct {
	s      *sim
	index  int
	id     uint64 // under which it names its writes
	life   int    // counts its restarts
	window simWindow
	view   *placement.View
	heard  [simPartitions]placement.Epoch // from redirects
	seen   [simPartitions][simKeys]Number // versions
	values uint64                         // tokens given
	calls  [simThreads]*simCall           // under way
}

// simOp is what a call wants.
type simOp struct {
	kind      OpKind
	value     uint64 // OpPut, and of some acts: as a token; no other call has the same, unless it is a number
	second    uint64 // of a group's second key
	act       simAct // OpUpdate, OpGroup
	from      int    // OpGroup: whose value moves
	ttl       int64
	old       bool
	delta     int64
	condition Condition
	version   Number
}

// simCall is one call of the client's user, however many attempts it takes.
type simCall struct {
	client    *simClient
	thread    int
	who       int // in the history
	partition placement.PartitionID
	key       int
	op        simOp
	size      int64 // of the value
	at        int64
	ticket    int64
	deadline  int64
	seq       uint64
	attempt   uint64 // 1 until one may have reached anybody
	tries     int
	numbered  bool   // by some node: it may have taken effect
	written   Number // the entry that was answered for it at once
}

// simAttempt is one attempt, and the Tag of its Op.
type simAttempt struct {
	call     *simCall
	over     bool   // the client does not wait for it any more
	answered bool   // by the node
	arrival  uint64 // at the node, counted
	commit   Number // the node's when the request came
	repeated bool   // its request was numbered before it came
}

func (cl *simClient) init(s *sim, index int) {
	*cl = simClient{s: s, index: index}
	cl.restart()
	for thread := range simThreads {
		cl.rest(thread)
	}
}

// restart begins another process: what was under way is of unknown fate.
func (cl *simClient) restart() {
	cl.life++
	cl.id = cl.s.rng.Uint64() | 1
	cl.window = newSimWindow()
	cl.view = nil
}

// rest thinks for a while before the thread's next call.
func (cl *simClient) rest(thread int) {
	s := cl.s
	think := s.between(0, 2*s.weather.think)
	if s.chance(0.2) {
		think = s.between(0, millisecond)
	}
	if s.healing {
		think += 50 * millisecond // a fill must be able to keep up with the writes
	}
	s.after(think, func() {
		if s.check.closing {
			return
		}
		p, k := placement.PartitionID(s.rng.IntN(simPartitions)), s.rng.IntN(simKeys)
		if s.chance(s.weather.hot) { // on another key each second
			p, k = placement.PartitionID(s.now/1000/millisecond%simPartitions), int(s.now/700/millisecond%simKeys)
		}
		cl.begin(thread, p, k, cl.draw(p, k))
	})
}

// draw chooses an operation on a key.
func (cl *simClient) draw(p placement.PartitionID, k int) simOp {
	s, key := cl.s, &cl.s.keys[p][k]
	var op simOp
	switch {
	case k >= simPaired && s.chance(0.5):
		return cl.drawGroup()
	case s.chance(0.25):
		return cl.drawUpdate(key)
	}
	switch draw := s.rng.IntN(20); {
	case draw < 7:
		op.kind = OpGet
		return op
	case draw < 10:
		op.kind = OpDelete
	case draw < 15 && key.counter:
		op.kind, op.delta = OpIncr, s.between(1, 9)
		return op
	default:
		op.kind, op.old = OpPut, s.chance(0.2)
		op.value = cl.token()
		if key.counter && s.chance(0.9) {
			op.value = counterToken(s.between(1, 1000))
		}
		switch {
		case !key.mortal || s.chance(0.4):
		case s.chance(0.5):
			op.ttl = s.between(20, 600) * millisecond
		default:
			op.ttl = s.between(1, 40) * millisecond
		}
	}
	switch {
	case s.chance(0.5):
	case op.kind == OpPut && s.chance(0.4):
		op.condition = IfAbsent
	case s.chance(0.3):
		op.condition = IfPresent
	default:
		op.condition, op.version = IfVersion, cl.seen[p][k]
	}
	return op
}

// begin starts a call.
func (cl *simClient) begin(thread int, p placement.PartitionID, k int, op simOp) {
	s := cl.s
	call := &simCall{
		client: cl, thread: thread, who: (cl.index*simThreads+thread)<<8 | cl.life&255, partition: p, key: k, op: op,
		size: s.between(0, s.weather.value), at: s.now, attempt: 1, deadline: s.now + s.between(500, 6000)*millisecond,
	}
	if s.chance(0.1) && !s.healing {
		call.deadline = s.now + s.between(5, 500)*millisecond
	}
	if s.healing {
		call.deadline = s.now + 8000*millisecond
	}
	s.ticket++
	call.ticket = s.ticket
	if op.kind == OpPut {
		s.check.mortal[op.value] = op.ttl > 0
	}
	cl.calls[thread] = call
	if op.kind != OpGet {
		call.seq = cl.window.Begin()
	}
	call.try(0)
}

// end is the answer to the user.
func (call *simCall) end(out *simResult) {
	cl := call.client
	s := cl.s
	cl.calls[call.thread] = nil
	s.calls++
	if call.seq != 0 {
		cl.window.Finish(call.seq)
	}
	if out != nil {
		if call.op.act == actTouch && out.found && call.key < simPaired && call.key != persistedKey { // of a pair's keys the other may have the same
			s.check.mortal[out.seen[0].value] = true
		}
		if !out.unknown && out.version != 0 {
			cl.seen[call.partition][call.key] = out.version
		}
		s.record(call.who, call.partition, call.key, &simInput{op: call.op, at: call.at, call: call}, call.ticket, out)
	} else {
		for _, token := range [2]uint64{call.op.value, call.op.second} {
			if token != 0 && token&counterBit == 0 {
				s.check.refused[token] = true
			}
		}
	}
	cl.rest(call.thread)
}

// try makes an attempt at owner or, when that is 0, at the one in the view.
func (call *simCall) try(owner placement.Incarnation) {
	cl := call.client
	s := cl.s
	if cl.calls[call.thread] != call {
		return // the client was restarted
	}
	if cl.view == nil || s.chance(0.05) || owner == 0 && call.tries > 1 {
		cl.refresh()
	}
	if owner == 0 && cl.view != nil {
		owner = cl.view.Partitions[call.partition].Primary
	}
	call.tries++
	n := s.procs[owner]
	if n == nil || !n.alive {
		cl.refresh()
		call.failed(simNotSent, nil)
		return
	}
	a := &simAttempt{call: call}
	request := call.request()
	travel := s.between(0, s.weather.hop)
	switch {
	case s.healing:
	case s.chance(0.01): // it arrives after later ones
		travel = s.between(200, 4000) * millisecond
		s.cover.hit(coverDelayedCall)
	case s.chance(0.003): // lost with its connection
		travel = -1
	}
	if travel >= 0 {
		s.check.flying = append(s.check.flying, a)
		n.after(travel, func() { n.arrive(a, request) })
	}
	if travel < 0 || s.chance(0.005) && !s.healing {
		s.after(s.between(0, 60)*millisecond, func() { a.failed(simBroken, nil) })
	}
	// Without progress the client gives up the connection.
	s.after(s.between(500, 900)*millisecond, func() { a.failed(simStalled, nil) })
	s.after(call.deadline-s.now, func() { a.failed(simLate, nil) })
}

// request is what the attempt carries, fixed when it is sent.
func (call *simCall) request() Op {
	cl := call.client
	s := cl.s
	op := call.op
	request := Op{
		Kind: op.kind, TTL: duration(op.ttl), Old: op.old, Delta: op.delta, If: op.condition, Version: op.version,
		Key: []byte(s.keys[call.partition][call.key].name),
	}
	switch op.kind {
	case OpPut:
		request.Value = valueOf(op.value, call.size)
	case OpGroup:
		request.Key = nil
		for k := simPaired; k < simKeys; k++ {
			request.Keys = append(request.Keys, []byte(s.keys[call.partition][k].name))
		}
		fallthrough
	case OpUpdate:
		request.TTL = 0
		request.Decide = &simDecider{
			s: s, op: op, values: [2][]byte{valueOf(op.value, call.size), valueOf(op.second, call.size)}, lent: s.chance(0.5), borrowed: true,
		}
	}
	if call.seq != 0 {
		request.ID = RequestID{Client: cl.id, Seq: call.seq, Finished: cl.window.Finished(), Attempt: call.attempt}
		if call.attempt > 1 {
			s.cover.hit(coverRepeated)
		}
	}
	if s.chance(0.8) {
		request.Epoch = cl.heard[call.partition]
	}
	return request
}

// arrive is a request's arrival: the node reads its clock, once for all requests
// that come together, and executes it soon after or, when it is held up in
// between, long after.
func (n *simNode) arrive(a *simAttempt, op Op) {
	arrived := n.clock()
	if n.s.healing || !n.s.chance(0.05) {
		n.execute(a, op, arrived)
		return
	}
	n.after(n.s.lasting(1, 2500), func() {
		n.s.cover.hit(coverOldReading)
		n.execute(a, op, arrived)
	})
}

// execute lets the core run a request that arrived at a time. The key's bytes are
// spoilt afterwards, and a lent value's: the core has only borrowed them.
func (n *simNode) execute(a *simAttempt, op Op, arrived store.Instant) {
	s, p := n.s, a.call.partition
	s.check.flying = slices.DeleteFunc(s.check.flying, func(f *simAttempt) bool { return f == a })
	if a.over {
		s.cover.hit(coverLateCall)
	}
	op.Tag = a
	if op.Lent = op.Kind == OpPut && s.chance(0.5); op.Lent {
		op.Value = bytes.Clone(op.Value)
		if s.chance(0.5) {
			op.Give = func() { op.Lent = false }
		}
	}
	op.Deadline = arrived + store.Instant(s.between(60, 1500)*millisecond)
	a.commit = observe(n.cores[p]).commit
	a.repeated = known(n.cores[p], op.ID)
	s.plantInOp(&op)
	s.plantInDecider(n, a, &op)
	s.note("do", uint64(n.host.index), uint64(op.Kind)<<32|op.ID.Attempt, op.ID.Seq)
	n.step(p, func(c *Core, _ store.Instant, out *Effects) {
		n.arrivals++
		a.arrival = n.arrivals
		if op.changes() && c.Serves(arrived) && !c.crowded() && c.clients.lines.behind(&op) {
			s.cover.hit(coverBehind)
		}
		given := op
		c.Do(arrived, &given, out)
		s.plantEarlyKeep(c, a, out)
		spoil(op.Key)
		for _, key := range op.Keys {
			spoil(key)
		}
		if op.Lent {
			spoil(op.Value)
		}
		if d, ok := op.Decide.(*simDecider); ok {
			d.returned()
		}
	})
}

// answer is a node's answer on its way to the client.
func (s *sim) answer(n *simNode, p placement.PartitionID, done *Done) {
	a := done.Tag.(*simAttempt)
	s.note("done "+done.Status.String(), uint64(n.host.index), uint64(a.call.op.kind), uint64(done.Version))
	if a.answered {
		s.fail("%s answers an operation twice", n.host.name)
	}
	a.answered = true
	s.check.answered(n, p, a, done)
	s.cover.answer(a, done)
	reply := *done
	reply.Value = bytes.Clone(reply.Value) // the store's, until the core is unlocked
	travel := s.between(0, s.weather.hop)
	switch {
	case s.healing:
	case s.chance(0.01): // lost with its connection
		s.cover.hit(coverLostAnswer)
		s.after(travel, func() { a.failed(simBroken, nil) })
		return
	case s.chance(0.003): // lost for good
		s.cover.hit(coverLostAnswer)
		return
	}
	s.after(travel, func() { a.reply(&reply) })
}

// reply takes the node's answer.
func (a *simAttempt) reply(done *Done) {
	if a.over {
		return
	}
	switch done.Status {
	case OK, ConditionFailed, NotInteger:
		a.over = true
		call := a.call
		if call.client.calls[call.thread] == call {
			out := simResult{status: done.Status, found: done.Found, version: done.Version}
			if call.op.kind == OpUpdate || call.op.kind == OpGroup {
				out.seen = simSeenIn(done.Value)
			} else {
				out.value = tokenOf(done.Value)
			}
			call.end(&out)
		}
	default:
		a.failed(simAnswered, done)
	}
}

// failed ends an attempt.
func (a *simAttempt) failed(how simFailure, done *Done) {
	if a.over {
		return
	}
	a.over = true
	call := a.call
	if call.client.calls[call.thread] == call {
		call.failed(how, done)
	}
}

// refresh takes the view of some node, or an old one of a master's.
func (cl *simClient) refresh() {
	s := cl.s
	var v *placement.View
	if n := s.hosts[s.rng.IntN(simHosts)].node; n != nil {
		v = n.following.view
	}
	m := s.masters[s.rng.IntN(simMasters)]
	switch {
	case s.healing:
		for _, one := range s.masters {
			if one.view() != nil {
				v = one.view()
			}
		}
	case (v == nil || s.chance(0.2)) && len(m.history) > 0:
		v = m.history[s.rng.IntN(len(m.history))]
	}
	if v != nil {
		cl.view = v
	}
}
