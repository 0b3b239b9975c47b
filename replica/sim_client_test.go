package replica

import (
	"bytes"
	"slices"
	"time"

	"pikv/client/retry"
	"pikv/placement"
	"pikv/store"
	"pikv/wire"
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
	window retry.Window
	view   *placement.View
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
	seq       uint64 // 0: it has no name
	attempt   uint64 // 1 until one may have reached anybody
	maybe     bool   // one may have taken effect
	tries     int
	hop       retry.Hop   // of the last try
	under     *simAttempt // the last one that was sent
	numbered  bool        // by some node: it may have taken effect
	written   Number      // the entry that was answered for it at once
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
	cl.window = retry.Window{}
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
	if op.kind != OpGet && !s.chance(s.weather.nameless) {
		call.seq, _, _ = cl.window.Begin(1)
	}
	call.try(retry.Hop{})
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

// try makes an attempt at next or where the view says, whichever is later.
func (call *simCall) try(next retry.Hop) {
	cl := call.client
	s := cl.s
	if cl.calls[call.thread] != call {
		return // the client was restarted
	}
	if cl.view == nil || s.chance(0.05) {
		cl.refresh("")
	}
	call.hop = retry.Later(next, cl.route(call.partition))
	call.tries++
	n := s.listener(call.hop.Addr)
	if n == nil {
		call.failed(retry.Ending{Kind: retry.NotSent}, nil)
		return
	}
	a := &simAttempt{call: call}
	call.under = a
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
		s.after(s.between(0, 60)*millisecond, func() { a.failed(stalled, nil) })
	}
	// Without progress the client gives up the connection.
	s.after(s.between(500, 900)*millisecond, func() { a.failed(stalled, nil) })
	s.after(call.deadline-s.now, func() { a.failed(stalled, nil) })
}

func duration(ns int64) time.Duration { return time.Duration(ns) }

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
	request.Epoch = placement.Epoch(call.hop.Tell)
	return request
}

// arrive is a request's arrival: the node reads its clock, once for all requests
// that come together, and executes it soon after or, when it is held up in
// between, long after.
func (n *simNode) arrive(a *simAttempt, op Op) {
	arrived := n.clock()
	n.s.plantInArrival(&arrived)
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
		if given := op; !s.putAtOnce(c, arrived, &op, out) {
			c.Do(arrived, &given, out)
		}
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

// putAtOnce is Do for what can be done at once, as a node would, but not always.
func (s *sim) putAtOnce(c *Core, arrived store.Instant, op *Op, out *Effects) bool {
	if op.Kind != OpPut || op.Old || op.If != Always {
		return false
	}
	counted := coverAtOnce
	switch {
	case !op.ID.named():
		if !s.chance(0.8) {
			return false
		}
	case op.ID.Seq%4 == 0: // no more is left to chance than was when the seeds of planted bugs were recorded
		return false
	default:
		counted = coverNamedAtOnce
	}
	version, ok := c.PutAtOnce(arrived, op.Key, op.Value, op.TTL, op.ID, op.Epoch)
	if ok {
		s.cover.hit(counted)
		out.Done = append(out.Done, Done{Tag: op.Tag, Found: true, Version: version})
	}
	return ok
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
	var refusal *wire.Error
	if done.Status != OK {
		refusal = n.answerOf(p, a.call.op.kind, done)
	}
	reply := *done
	reply.Value = bytes.Clone(reply.Value) // the store's, until the core is unlocked
	travel := s.between(0, s.weather.hop)
	switch {
	case s.healing:
	case s.chance(0.01): // lost with its connection
		s.cover.hit(coverLostAnswer)
		s.after(travel, func() { a.failed(stalled, nil) })
		return
	case s.chance(0.003): // lost for good
		s.cover.hit(coverLostAnswer)
		return
	}
	s.after(travel, func() { a.reply(&reply, refusal) })
}

// reply takes the node's answer.
func (a *simAttempt) reply(done *Done, refusal *wire.Error) {
	call := a.call
	switch {
	case a.over:
	case refusal != nil:
		a.failed(retry.Ending{Kind: retry.Answered, Answer: refusal}, done)
	default:
		a.over = true
		if call.client.calls[call.thread] == call {
			call.end(call.result(done))
		}
	}
}

// result is what the user is told of a node's answer.
func (call *simCall) result(done *Done) *simResult {
	out := &simResult{status: done.Status, found: done.Found, version: done.Version}
	if call.op.kind == OpUpdate || call.op.kind == OpGroup {
		out.seen = simSeenIn(done.Value)
	} else {
		out.value = tokenOf(done.Value)
	}
	return out
}

// failed ends an attempt.
func (a *simAttempt) failed(e retry.Ending, done *Done) {
	if a.over {
		return
	}
	a.over = true
	call := a.call
	if call.client.calls[call.thread] == call {
		call.failed(e, done)
	}
}

// refresh takes the view of the node at prefer or of some other, or an old one of
// a master's.
func (cl *simClient) refresh(prefer string) {
	s := cl.s
	var v *placement.View
	n := s.listener(prefer)
	if n == nil || s.chance(0.1) {
		n = s.hosts[s.rng.IntN(simHosts)].node
	}
	if n != nil {
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
	known := cl.view
	if v == nil || known != nil && v.MasterID == known.MasterID && v.Epoch <= known.Epoch && !s.chance(0.02) {
		return
	}
	cl.view = v
	cl.reroute()
}

// listener is the node that runs at an address, nil when there is none.
func (s *sim) listener(addr string) *simNode {
	for _, h := range s.hosts {
		if h.addr == addr && h.node != nil && h.node.alive {
			return h.node
		}
	}
	return nil
}
