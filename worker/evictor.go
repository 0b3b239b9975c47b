package worker

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

// The policies of Config.Eviction.
const (
	EvictionNone = "none" // a write that finds no room is refused
	EvictionLRU  = "lru"  // it waits until keys that were not used for long are removed
)

const (
	// evictPatience is how long a write waits for room. Less than that of
	// clients, so that they hear why.
	evictPatience = 3 * time.Second
	// sampled is how many entries are looked at in each of chosenFrom
	// partitions for one that is evicted: their clocks lie side by side, so that
	// many cost little more than one.
	sampled    = 16
	chosenFrom = 3
	// roundMost bounds a round, in bytes, and missMost how often it looks in
	// vain.
	roundMost = 256 << 10
	missMost  = 8
	// hungryPause is how long the evictor waits for commits, and for the word of
	// others, while operations wait for room.
	hungryPause = 2 * time.Millisecond
	// The clock by which reads are remembered ticks whenever one part in so many
	// of the memory has been written anew: its 255 ticks last until all of it
	// was, four times over.
	ticksOfMemory = 64
)

// evictor removes keys that were not used for long while this worker, or another
// that holds replicas of what it leads, has less free memory than is to be free
// there. Each worker evicts only from what it leads; what it backs up is evicted
// by the primaries of that, which it tells in its beats what is missing. Safe for
// concurrent use; nil evicts nothing.
type evictor struct {
	w       *Worker
	reserve int64
	need    chan struct{}    // size 1
	self    replica.Shortage // of this worker's memory
	held    atomic.Pointer[holdings]
	idle    atomic.Bool // the last round had nothing to do; until the next tick only those who wait make another
	keys    atomic.Int64
	bytes   atomic.Int64
	hungry  struct {
		sync.Mutex
		partitions []*partition // with operations that wait for room
	}
	looked struct { // by tick
		at   store.Instant
		used int64 // when the clock ticked last for what came
	}
}

// newEvictor returns the evictor of a worker that evicts, else nil.
func newEvictor(w *Worker) *evictor {
	if w.cfg.Eviction != EvictionLRU {
		return nil
	}
	return &evictor{w: w, reserve: replica.Reserve(w.cfg.MaxMemory), need: make(chan struct{}, 1)}
}

// run evicts whenever there is need.
func (e *evictor) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.need:
		}
		for ctx.Err() == nil {
			freed := e.round()
			switch hungry := e.feed(); {
			case freed > 0:
				continue
			case hungry:
				sleep(ctx, hungryPause)
				continue
			}
			e.idle.Store(true)
			break
		}
	}
}

func (e *evictor) wake() {
	select {
	case e.need <- struct{}{}:
	default:
	}
}

// note takes up what a core says of room. Called under the partition's lock.
func (e *evictor) note(p *partition, out *replica.Effects) {
	if e == nil {
		return
	}
	if out.Short > 0 {
		e.self.Want(out.Short)
	}
	if out.Starved {
		e.hungry.Lock()
		e.hungry.partitions = append(e.hungry.partitions, p)
		e.hungry.Unlock()
	}
	if out.Starved || out.Short > 0 || (out.Evict || e.free() < e.reserve) && !e.idle.Load() {
		e.wake()
	}
}

func (e *evictor) free() int64 { return e.w.memory.Limit() - e.w.memory.Used() }

// tick takes a look at the memory, once a beat. Of the ticks' goroutine.
func (e *evictor) tick(now store.Instant) {
	if e == nil || now-e.looked.at < store.Instant(e.w.cfg.Timing.Beat) {
		return
	}
	e.looked.at = now
	e.self.Look()
	used := e.w.memory.Used()
	if used-e.looked.used >= e.w.memory.Limit()/ticksOfMemory {
		e.looked.used = used
		e.w.memory.Tick()
	}
	e.looked.used = min(e.looked.used, used)
	lacks := e.free() < 2*e.reserve
	for _, k := range *e.w.links.sharers.Load() {
		lacks = lacks || k.pair.Lacks() > 0
	}
	if lacks {
		e.idle.Store(false)
		e.wake()
	}
}

// feed lets the operations try again that wait for room, and reports whether any
// still do.
func (e *evictor) feed() bool {
	e.hungry.Lock()
	list := distinct(e.hungry.partitions)
	e.hungry.partitions = nil
	e.hungry.Unlock()
	for _, p := range list {
		e.w.step(p, func(c *replica.Core, out *replica.Effects) { c.Tick(e.w.awake(), out) })
	}
	e.hungry.Lock()
	defer e.hungry.Unlock()
	return len(e.hungry.partitions) > 0
}

// round evicts some of what is missing and returns how many bytes: first for the
// others, since that makes room here, too.
func (e *evictor) round() (freed int64) {
	h := e.holdings()
	for _, k := range *e.w.links.sharers.Load() {
		freed += e.relieve(h.led[k.peer], k.pair.Lacks)
	}
	part := h.part(e.w.incarnation)
	return freed + e.relieve(h.led[e.w.incarnation], func() int64 { return e.self.Own(e.w.memory, e.reserve, part) })
}

// relieve evicts from some partitions what is lacking.
func (e *evictor) relieve(from *choice, lacks func() int64) (freed int64) {
	if from == nil {
		return 0
	}
	for misses := 0; misses < missMost && freed < roundMost && lacks() > 0; {
		n := e.evictOne(from)
		if freed += n; n == 0 {
			misses++
		}
	}
	return freed
}

// evictOne evicts the key that was not used for longest, of some.
func (e *evictor) evictOne(from *choice) (freed int64) {
	var coldest *partition
	var random uint64
	most := int64(-1)
	for range chosenFrom {
		p, r := from.pick(), rand.Uint64()
		p.look(func(c *replica.Core) {
			if ticks, ok := c.Coldness(r, sampled); ok && int64(ticks) > most {
				coldest, random, most = p, r, int64(ticks)
			}
		})
	}
	if coldest == nil {
		return 0
	}
	e.w.step(coldest, func(c *replica.Core, out *replica.Effects) { freed = c.Evict(e.w.now(), random, sampled, out) })
	if freed > 0 {
		e.self.Evicted(freed)
		e.keys.Add(1)
		each := e.w.memory.Limit() / ticksOfMemory
		if all := e.bytes.Add(freed); all/each != (all-freed)/each {
			e.w.memory.Tick() // what went makes way for as much
		}
	}
	return freed
}

// allot is what this worker tells another of its memory, see replica.Allot.
func (w *Worker) allot(peer placement.Incarnation) (room, keep int64) {
	sharers := max(len(*w.links.sharers.Load()), 1)
	e := w.evictor
	if e == nil {
		return max(w.memory.Limit()-w.memory.Used(), 0) / int64(sharers), 0
	}
	part := 1 / float64(sharers+1)
	if h := e.held.Load(); h != nil {
		part = h.part(peer)
	}
	return replica.Allot(w.memory, e.reserve+e.self.Wanted(), sharers, part)
}

// evicted is how many keys this worker has evicted since it started.
func (w *Worker) evicted() int64 {
	if w.evictor == nil {
		return 0
	}
	return w.evictor.keys.Load()
}
