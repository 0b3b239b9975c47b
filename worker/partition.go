package worker

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcserver"
	"pikv/store"
)

// partition is one partition's core with its lock.
type partition struct {
	id     placement.PartitionID
	left   uint8 // guarded by mu: requests until the key of one is handed to the sketch
	listed bool  // guarded by mu: among the actives
	mu     sync.Mutex
	asked  requests     // guarded by mu
	rate   float32      // of them, in a second; of the reports' goroutine
	fill   atomic.Bool  // has snapshot items to send; set after each event, read by the loops without the lock
	engine store.Engine // guarded by mu, as is the core: both lie here so that a read finds all it needs close by
	core   replica.Core

	epoch atomic.Uint64 // of the configuration last handed to the core; written under the follower's lock
}

// table holds all partitions; it is made once, when the first view tells
// how many there are.
type table struct{ partitions []partition }

func (w *Worker) newTable(n int) *table {
	t := &table{partitions: make([]partition, n)}
	node := replica.NewNode(w.incarnation, w.memory, w.links, w.cfg.Timing, w.cfg.limits())
	for i := range t.partitions {
		p := &t.partitions[i]
		p.id = placement.PartitionID(i)
		p.left = someDistance()
		p.engine.Init(w.memory)
		p.core.Init(p.id, &p.engine, node)
	}
	return t
}

// unlock ends a critical section; it is always deferred. A panic in it ends
// the process: what the core believes may be half of a change, and to serve
// from that, or to leave the partition locked while this node still grants
// leases, would be worse than a death, which the others make up for. It must
// not reach the server's recover, which is for handlers that hold nothing.
func (p *partition) unlock() {
	if v := recover(); v != nil {
		crash(fmt.Sprintf("partition %d: %v\n\n%s", p.id, v, debug.Stack()))
	}
	p.mu.Unlock()
}

// crash ends the process, from a goroutine where nobody recovers, with the
// reason on its standard error. It does not return.
func crash(reason string) {
	go panic(reason)
	select {}
}

// answerer is the Tag of every operation: it answers the client.
type answerer interface {
	answer(w *Worker, p *partition, d *replica.Done)
}

var effectsPool = sync.Pool{New: func() any { return new(replica.Effects) }}

// step locks a partition, lets event happen to its core, and carries out the
// effects before it unlocks, so that they keep the order of the events.
func (w *Worker) step(p *partition, event func(c *replica.Core, out *replica.Effects)) {
	out := effectsPool.Get().(*replica.Effects)
	defer effectsPool.Put(out)
	p.mu.Lock()
	defer p.unlock()
	event(&p.core, out)
	w.carryOut(p, out)
}

// do runs one client operation that had arrived at now: step without a closure,
// for the hot path. An operation without a deadline is held for opTimeout at
// most.
//
// The core judges its leases by a time before it looks at the data, and is right
// to: who is a primary with its leases at now, and still is one by its
// configuration when it looks, has at that moment what was committed by now, and
// of what came later only what it committed itself. So the answer was true at a
// moment after the request had come, though it may leave long after.
func (w *Worker) do(p *partition, now store.Instant, op *replica.Op) {
	out := effectsPool.Get().(*replica.Effects)
	defer effectsPool.Put(out)
	p.mu.Lock()
	defer p.unlock()
	w.countLocked(p, kindOf(op.Kind), op.Key)
	w.doLocked(p, now, op, out)
}

// doLocked is do for callers that hold p.mu and have counted the operation.
func (w *Worker) doLocked(p *partition, now store.Instant, op *replica.Op, out *replica.Effects) {
	if op.Deadline == 0 {
		op.Deadline = now + store.Instant(opTimeout)
	}
	p.core.Do(now, op, out)
	w.carryOut(p, out)
}

// doSwap is do for a write whose answer is the value before it. There must be
// room for that first: once the write has taken effect it cannot be refused, and
// readers who take no answers would make the worker keep them all.
func (w *Worker) doSwap(p *partition, c *rpcserver.Call, now store.Instant, op *replica.Op) {
	out := effectsPool.Get().(*replica.Effects)
	defer effectsPool.Put(out)
	p.mu.Lock()
	defer p.unlock()
	w.countLocked(p, writing, op.Key)
	if size := p.core.ValueSize(now, op.Key); size > freeReply && !c.Reserve(size) {
		c.Fail(errManyBytes)
		return
	}
	w.doLocked(p, now, op, out)
}

// look lets read see a partition's core under its lock.
func (p *partition) look(read func(c *replica.Core)) {
	p.mu.Lock()
	defer p.unlock()
	read(&p.core)
}

// carryOut does what the core asked for. The caller holds p.mu.
func (w *Worker) carryOut(p *partition, out *replica.Effects) {
	for i := range out.Done {
		d := &out.Done[i]
		d.Tag.(answerer).answer(w, p, d)
	}
	for i := range out.Messages {
		w.links.send(out.Messages[i].To, &out.Messages[i].Message)
	}
	if len(out.Requests) > 0 {
		w.changes.add(out.Requests)
	}
	if out.Behind > 0 {
		w.follower.behind(out.BehindFrom)
	}
	w.evictor.note(p, out)
	if out.Expired > 0 {
		w.expired.Add(out.Expired)
	}
	out.Reset()
	if !p.listed && p.core.Active() {
		p.listed = true
		w.actives.add(p)
	}
	if ready := p.core.FillReady(); ready != p.fill.Load() {
		p.fill.Store(ready)
		if ready {
			w.filler.wake()
		}
	}
}

// tally is what the partitions hold.
type tally struct {
	keys, mortal        int64 // of primaries; mortal are those that have a time to live
	primaries, replicas int
}

// count sums up what the partitions hold. see, unless it is nil, is told what clients
// have asked of each since it was told before.
func (w *Worker) count(see func(p *partition, asked requests)) (h tally) {
	t := w.table.Load()
	if t == nil {
		return h
	}
	for i := range t.partitions {
		p := &t.partitions[i]
		var asked requests
		p.look(func(c *replica.Core) {
			if see != nil {
				asked, p.asked = p.asked, requests{}
			}
			switch c.Role() {
			case replica.RoleNone:
				return
			case replica.RolePrimary:
				h.keys += int64(p.engine.Len())
				h.mortal += int64(p.engine.Mortal())
				h.primaries++
			}
			h.replicas++
		})
		if see != nil {
			see(p, asked)
		}
	}
	return h
}
