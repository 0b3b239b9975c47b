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
	paused int64 // until then nothing happens here, and all of it afterwards
	born   int64
	origin store.Instant // of its clock
	drift  int64         // of its clock, in parts per million

	memory  *store.Memory
	engines [simPartitions]*store.Engine
	cores   [simPartitions]*Core
	out     Effects
	heard   map[placement.Incarnation]store.Instant

	view     *placement.View // the newest that it has seen, nil for none
	wanted   placement.Epoch
	fetching bool
	polled   int64 // how often it asks for views unasked
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
			f()
		}
	})
}

// step is one event at one core, with all that comes of it.
func (n *simNode) step(p placement.PartitionID, event func(c *Core, now store.Instant, out *Effects)) {
	if n.s.failure != nil {
		return
	}
	before := observe(n.cores[p])
	event(n.cores[p], n.clock(), &n.out)
	n.s.check.after(n, p, before)
	n.s.cover.effects(&n.out)
	n.s.sendAll(n, n.out.Messages)
	for _, change := range n.out.Requests {
		n.s.register.request(n, change)
	}
	for i := range n.out.Done {
		n.s.answer(n, p, &n.out.Done[i])
	}
	if n.out.Behind > 0 {
		n.want(n.out.Behind, n.out.BehindFrom)
	}
	n.out.Reset()
}

// loop starts what a worker does by its own clock.
func (n *simNode) loop() {
	n.repeat(func() int64 { return n.s.between(15, 40) * millisecond }, n.tick)
	n.repeat(func() int64 { return 100 * millisecond }, n.beat)
	n.repeat(func() int64 { return n.polled }, func() { n.fetch(0) })
	n.after(n.s.between(1, 30)*millisecond, func() { n.fetch(0) })
}

func (n *simNode) repeat(period func() int64, f func()) {
	n.after(period(), func() {
		f()
		n.repeat(period, f)
	})
}

func (n *simNode) tick() {
	for p := range placement.PartitionID(simPartitions) {
		n.s.plantInTick(n, p)
		sweep := n.s.chance(n.s.weather.expire)
		if n.cores[p].Active() || sweep {
			n.step(p, func(c *Core, now store.Instant, out *Effects) {
				if sweep {
					c.ExpireDue(now, 2, out)
				}
				c.Tick(now, n, out)
			})
		}
		for range 3 {
			if n.cores[p].FillReady() && n.s.chance(n.s.weather.fill) {
				n.step(p, func(c *Core, now store.Instant, out *Effects) { c.FillChunk(now, out) })
			}
		}
	}
}

// beat shows the others that this node lives.
func (n *simNode) beat() {
	for _, h := range n.s.hosts {
		if h != n.host {
			n.s.send(n, h.node.inc, nil, 0)
		}
	}
}

// Heard is for Tick.
func (n *simNode) Heard(inc placement.Incarnation) store.Instant { return n.heard[inc] }

// Flushed is for Tick.
func (n *simNode) Flushed(inc placement.Incarnation) bool {
	peer := n.s.procs[inc]
	return peer == nil || n.s.links[n.host.index][peer.host.index].free <= n.s.now
}

// receive takes a frame of messages. The frame's bytes are spoilt afterwards:
// a core keeps none of them.
func (n *simNode) receive(from placement.Incarnation, frame []byte) {
	n.heard[from] = n.clock()
	for rest := frame; len(rest) > 0; {
		m, after, err := DecodeMessage(rest)
		if err != nil {
			n.s.fail("%s cannot decode what %v sent: %v", n.host.name, from, err)
			return
		}
		rest = after
		n.s.plantInMessage(n, from, &m)
		n.s.cover.message(n.cores[m.Partition], &m)
		n.s.note("receive", uint64(n.host.index), uint64(m.Kind)<<32|uint64(m.Partition), uint64(m.Epoch))
		n.s.check.mayFail = m.Kind == MsgAck && m.Full
		n.step(m.Partition, func(c *Core, now store.Instant, out *Effects) { c.Receive(now, from, &m, out) })
		n.s.check.mayFail = false
	}
	spoil(frame)
}
