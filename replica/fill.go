package replica

import (
	"slices"
	"time"

	"pikv/placement"
	"pikv/store"
)

// outgoing is a snapshot on its way to a learner: a cut at one number. Its
// items are counted before its records. It keeps memory of the store until
// endFill.
type outgoing struct {
	at      Number
	atEpoch placement.Epoch
	items   *store.Snapshot
	records []Record
	next    int   // index of the next item or record to send
	acked   int   // those before this index have arrived
	flying  int   // bytes sent and not acknowledged
	arrived int64 // bytes acknowledged
	total   int64 // bytes
	sentAll bool
	// The learner has had no memory for the next items since fullAt, 0 if it has;
	// it is left alone until then.
	fullAt, until store.Instant
}

func (c *Core) newOutgoing() *outgoing {
	epoch, _ := c.log.epochOf(c.log.commit)
	f := &outgoing{at: c.log.commit, atEpoch: epoch, items: c.engine.Snapshot(), records: c.sessions.snapshot()}
	for i := range f.len() {
		f.total += int64(f.size(i))
	}
	return f
}

func (f *outgoing) len() int { return f.items.Len() + len(f.records) }

// size is what the item or record i costs in a message, in bytes.
func (f *outgoing) size(i int) int {
	if i < f.items.Len() {
		return itemSize(f.items.Item(i))
	}
	return f.records[i-f.items.Len()].size()
}

func itemSize(it store.Item) int { return len(it.Key) + len(it.Value) + entryOverhead }

// arrive notes that everything before index next has arrived.
func (f *outgoing) arrive(next int) {
	for ; f.acked < next; f.acked++ {
		size := f.size(f.acked)
		f.flying -= size
		f.arrived += int64(size)
	}
	f.flying = max(f.flying, 0)
	f.next = max(f.next, f.acked)
}

func (f *outgoing) rewind() { f.next, f.flying, f.sentAll = f.acked, 0, false }

// endFill ends a replica's fill, if one is under way: it has arrived, or
// nothing will come of it.
func (r *progress) endFill() {
	if r.fill != nil {
		r.fill.items.Close()
		r.fill = nil
	}
}

// fail gives a replica up: it cannot follow, and the register is asked to drop
// it.
func (r *progress) fail() {
	r.failed = true
	r.endFill()
}

// fillAcked takes the acknowledgement of a learner that is not filled yet.
func (c *Core) fillAcked(now store.Instant, r *progress, m *Message) {
	switch {
	case r.failed:
	case m.Full && r.fill != nil && c.relent(now, &r.fill.fullAt):
		r.fill.rewind()
		r.fill.until = now + fullPause
	case m.Full:
		r.fail()
	case r.fill == nil:
		if m.From != 0 {
			r.fail() // a fill of which this primary knows nothing
			return
		}
		r.fill = c.newOutgoing()
	case m.From > uint64(r.fill.acked) && m.From <= uint64(r.fill.len()):
		r.fill.arrive(int(m.From))
		r.fill.fullAt, r.movedAt, r.owed = 0, now, 0
	}
}

// relieve goes on with a fill that waited for the learner to have memory again.
func (f *outgoing) relieve(now store.Instant) {
	if now >= f.until {
		f.until = 0
	}
}

// FillReady reports whether FillChunk has something to send.
func (c *Core) FillReady() bool {
	return slices.ContainsFunc(c.replicas, c.fillReady)
}

func (c *Core) fillReady(r *progress) bool {
	f := r.fill
	return f != nil && r.hello && !r.failed && !f.sentAll && f.until == 0 && f.flying < c.node.limits.Window
}

// FillChunk sends the next run of snapshot items to a learner and returns
// its size in bytes, 0 when there is nothing to send now. The node calls it
// as often as its rate limit for background streams allows.
func (c *Core) FillChunk(now store.Instant, out *Effects) int {
	for _, r := range c.replicas {
		if c.fillReady(r) {
			return c.sendItems(now, r, out)
		}
	}
	return 0
}

func (c *Core) sendItems(now store.Instant, r *progress, out *Effects) int {
	f := r.fill
	m := Message{Kind: MsgFill, Partition: c.id, Epoch: c.config.Epoch, Prev: f.at, PrevEpoch: f.atEpoch, From: uint64(f.next)}
	size := 0
	for ; f.next < f.len(); f.next++ {
		more := f.size(f.next)
		if size > 0 && size+more > c.node.limits.Chunk {
			break
		}
		size += more
		if f.next >= f.items.Len() {
			m.Records = append(m.Records, f.records[f.next-f.items.Len()])
			continue
		}
		it := f.items.Item(f.next)
		item := Item{Key: it.Key, Value: it.Value, Version: Number(it.Version)}
		if it.Deadline != 0 {
			// Time over, but not removed by a numbered entry yet: that is the
			// business of whoever is primary, so it travels with the least
			// remaining time.
			item.TTL = max(time.Duration(it.Deadline-now), 1)
		}
		m.Items = append(m.Items, item)
	}
	if f.flying == 0 {
		r.movedAt = now
	}
	f.flying += size
	f.sentAll = f.next == f.len()
	m.Done = f.sentAll
	out.send(r.id, m)
	return size + entryOverhead
}

// incoming is a learner's side of a fill.
type incoming struct {
	active bool
	done   bool
	full   bool   // no memory for the next items
	next   uint64 // index of the item expected next
}

// onFill takes a run of snapshot items.
func (c *Core) onFill(now store.Instant, m *Message, out *Effects) {
	if c.role == RoleLearner && !c.fill.done && m.From == c.fill.next {
		var need int64
		for i := range m.Items {
			need += store.Cost(len(m.Items[i].Key), len(m.Items[i].Value))
		}
		for i := range m.Records {
			need += sessionCost + outcomeCost + int64(len(m.Records[i].Outcome.Value))
		}
		if c.fill.full = !c.node.memory.Reserve(need); !c.fill.full {
			c.takeItems(now, m)
			c.node.memory.Release(need) // the engine has accounted for itself
		} else {
			c.want(need, out)
		}
	}
	c.acknowledge(out)
}

func (c *Core) takeItems(now store.Instant, m *Message) {
	for i := range m.Items {
		it := &m.Items[i]
		item := store.Item{Key: it.Key, Value: it.Value, Version: uint64(it.Version)}
		if it.TTL > 0 {
			item.Deadline = deadline(now, it.TTL)
		}
		c.engine.Put(item)
	}
	for i := range m.Records {
		c.sessions.take(c.node.memory, now, &m.Records[i])
	}
	c.fill.next += uint64(len(m.Items) + len(m.Records))
	if m.Done {
		c.fill.done = true
		c.log = tailAt(m.Prev, m.PrevEpoch)
	}
}
