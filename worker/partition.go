package worker

import (
	"sync"
	"sync/atomic"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

// partition is one partition's core with its lock.
type partition struct {
	id     placement.PartitionID
	mu     sync.Mutex
	core   *replica.Core // guarded by mu
	engine *store.Engine // guarded by mu

	// Set after each event, read by the loops without the lock.
	active atomic.Bool   // wants ticks
	fill   atomic.Bool   // has snapshot items to send
	epoch  atomic.Uint64 // of the configuration last handed to the core; written under the follower's lock
}

// table holds all partitions; it is made once, when the first view tells
// how many there are.
type table struct{ partitions []partition }

func newTable(n int, self placement.Incarnation, memory *store.Memory, timing replica.Timing, limits replica.Limits) *table {
	t := &table{partitions: make([]partition, n)}
	for i := range t.partitions {
		p := &t.partitions[i]
		p.id = placement.PartitionID(i)
		p.engine = store.New(memory)
		p.core = replica.New(p.id, self, p.engine, memory, timing, limits)
	}
	return t
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
	p.mu.Lock()
	event(p.core, out)
	w.carryOut(p, out)
	p.mu.Unlock()
	effectsPool.Put(out)
}

// do runs one client operation: step without a closure, for the hot path.
func (w *Worker) do(p *partition, op *replica.Op) {
	out := effectsPool.Get().(*replica.Effects)
	p.mu.Lock()
	p.core.Do(w.now(), op, out)
	w.carryOut(p, out)
	p.mu.Unlock()
	effectsPool.Put(out)
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
	out.Reset()
	p.active.Store(p.core.Active())
	if ready := p.core.FillReady(); ready != p.fill.Load() {
		p.fill.Store(ready)
		if ready {
			w.filler.wake()
		}
	}
}

// count sums up what the partitions hold, for reports.
func (w *Worker) count() (keys int64, primaries, replicas int) {
	t := w.table.Load()
	if t == nil {
		return 0, 0, 0
	}
	for i := range t.partitions {
		p := &t.partitions[i]
		p.mu.Lock()
		role := p.core.Role()
		if role == replica.RolePrimary {
			keys += int64(p.engine.Len())
			primaries++
		}
		p.mu.Unlock()
		if role != replica.RoleNone {
			replicas++
		}
	}
	return keys, primaries, replicas
}
