package replica

import (
	"pikv/placement"
	"pikv/store"
)

// simNode is one worker process, from its start to its end: what the real
// worker does around its cores.
type simNode struct {
	s      *sim
	host   *simHost
	inc    placement.Incarnation
	alive  bool
	paused int64  // until then nothing happens here, and all of it afterwards
	rest   func() // carries out what a pause interrupted
	born   int64
	origin store.Instant // of its clock
	drift  int64         // of its clock, in parts per million

	memory  *store.Memory
	engines [simPartitions]*store.Engine
	cores   [simPartitions]*Core
	out     Effects
	pairs   map[placement.Incarnation]*simPair // looked up only
	known   []*simPair                         // the same, in a fixed order

	arrivals uint64                         // operations that came
	numbered [simPartitions][simKeys]uint64 // of those, the last that was numbered, for each key

	following simFollower
	polled    int64 // how often it asks for views unasked
	short     Shortage
}

// simHost is a machine: what stays when its worker is restarted.
type simHost struct {
	index int
	name  string
	addr  string
	small bool     // little memory
	node  *simNode // its worker; the last one while none runs

	draining   bool
	masterless int64 // until then it does not reach any master
	suspected  int64 // until then gossip says that it is dead
	serves     int   // the master that it knows of
}

// clock is the node's own time.
func (n *simNode) clock() store.Instant {
	elapsed := n.s.now - n.born
	return n.origin + store.Instant(elapsed+elapsed/1_000_000*n.drift)
}

// after runs f here once delay has passed and the node is not paused, unless
// the process is gone by then.
func (n *simNode) after(delay int64, f func()) {
	n.s.after(delay, func() {
		switch {
		case !n.alive:
		case n.paused > n.s.now:
			n.after(n.paused-n.s.now, f)
		default:
			n.resume()
			f()
		}
	})
}

// pause stops the process for a while, as SIGSTOP or a busy machine does.
func (n *simNode) pause(duration int64) {
	n.s.note("pause", uint64(n.host.index), uint64(duration), 0)
	n.paused = max(n.paused, n.s.now+duration)
}

// resume carries out what a pause interrupted.
func (n *simNode) resume() {
	if rest := n.rest; rest != nil {
		n.rest = nil
		rest()
	}
}

// step is one event at one core, with all that comes of it.
func (n *simNode) step(p placement.PartitionID, event func(c *Core, now store.Instant, out *Effects)) {
	switch {
	case n.s.failure != nil || !n.alive:
		return
	case n.paused > n.s.now: // since an earlier step of the same event
		n.after(0, func() { n.step(p, event) })
		return
	}
	before := observe(n.cores[p])
	event(n.cores[p], n.clock(), &n.out)
	n.s.check.after(n, p, before)
	n.s.cover.effects(&n.out)
	n.short.Want(n.out.Short)
	n.markNumbered(n.cores[p], before.last, &n.out)
	n.carryOut(p)
}

// carryOut does what a core asked for. The process may end, or pause, between
// any two effects.
func (n *simNode) carryOut(p placement.PartitionID) {
	out := &n.out
	interrupted := -1
	if total := len(out.Done) + len(out.Messages) + len(out.Requests); total > 0 && !n.s.healing && n.s.chance(n.s.weather.boundary) {
		interrupted = n.s.rng.IntN(total + 1)
	}
	if interrupted < 0 {
		n.effects(p, out, 0, len(out.Done)+len(out.Messages)+len(out.Requests))
		out.Reset()
		return
	}
	held := n.out
	n.out = Effects{}
	n.effects(p, &held, 0, interrupted)
	if n.s.chance(0.4) {
		n.s.cover.hit(coverCrashBetween)
		n.s.crash(n.host)
	}
	if n.alive {
		n.s.cover.hit(coverPauseBetween)
		n.pause(n.s.lasting(20, 2500))
		n.rest = func() {
			n.effects(p, &held, interrupted, len(held.Done)+len(held.Messages)+len(held.Requests))
		}
		n.after(0, func() {})
	}
}

// effects carries out those from index low up to high, in the order of the
// real worker: answers, messages, requests.
func (n *simNode) effects(p placement.PartitionID, out *Effects, low, high int) {
	i := low
	for ; i < min(high, len(out.Done)); i++ {
		n.s.answer(n, p, &out.Done[i])
	}
	if base := len(out.Done); i < min(high, base+len(out.Messages)) {
		last := min(high-base, len(out.Messages))
		n.s.sendAll(n, out.Messages[i-base:last])
		i = base + last
	}
	for base := len(out.Done) + len(out.Messages); i < high; i++ {
		n.request(out.Requests[i-base])
	}
	if out.Behind > 0 {
		n.want(out.Behind, out.BehindFrom)
	}
}

// loop starts what a worker does by its own clock.
func (n *simNode) loop() {
	s := n.s
	n.repeat(func() int64 { return s.between(15, 30) * millisecond }, n.tick)
	n.repeat(func() int64 { return int64(DefaultTiming().Beat) + s.between(0, 5)*millisecond }, n.ask)
	if s.weather.evicts {
		n.repeat(func() int64 { return int64(DefaultTiming().Beat) }, n.short.Look)
	}
	n.repeat(func() int64 { return s.between(180, 220) * millisecond }, n.report)
	n.repeat(func() int64 { return n.polled }, func() { n.fetch(0) })
	n.after(s.between(1, 30)*millisecond, n.report)
}

func (n *simNode) repeat(period func() int64, f func()) {
	n.after(period(), func() {
		f()
		n.repeat(period, f)
	})
}

// tick lets time pass for the cores that want it, and for those that share
// their partition with a node that seems to be lost.
func (n *simNode) tick() {
	s := n.s
	now := n.clock()
	for _, pair := range n.known {
		pair.setQueued(s.queuedTo(n, pair.peer))
	}
	n.evict()
	for p := range placement.PartitionID(simPartitions) {
		s.plantInTick(n, p)
		sweep := s.chance(s.weather.expire)
		if sweep || n.cores[p].Active() || n.misses(n.cores[p], now) {
			n.step(p, func(c *Core, now store.Instant, out *Effects) {
				if sweep {
					c.ExpireDue(now, 2, out)
				}
				c.Tick(now, out)
			})
		}
		for range 3 {
			if n.cores[p].FillReady() && s.chance(s.weather.fill) {
				n.step(p, func(c *Core, now store.Instant, out *Effects) { c.FillChunk(now, out) })
			}
		}
	}
}

// misses reports whether the core's configuration names a node that seems to
// be lost.
func (n *simNode) misses(c *Core, now store.Instant) bool {
	config := c.Config()
	for _, set := range [2][]placement.Incarnation{config.InSync, config.Learners} {
		for _, inc := range set {
			if inc == n.inc {
				continue
			}
			if pair := n.Pair(inc); pair.Gone() || pair.Silent(now, DefaultTiming().Silence) {
				return true
			}
		}
	}
	return false
}

// nudge ticks the cores whose configuration names a peer.
func (n *simNode) nudge(peer placement.Incarnation) {
	for p := range placement.PartitionID(simPartitions) {
		if names(n.cores[p].Config(), peer) {
			n.step(p, func(c *Core, now store.Instant, out *Effects) { c.Tick(now, out) })
		}
	}
}
