package worker

import (
	"time"

	"pikv/placement"
	"pikv/replica"
	"pikv/resp"
	"pikv/store"
)

// redisData is this worker's partitions for clients of Redis.
type redisData struct{ w *Worker }

var _ resp.Keyspace = redisData{}

// redisOp is the operation of a call, and its Tag. It is kept with the call, to be
// used again.
type redisOp struct {
	w    *Worker
	call *resp.Call
	p    *partition

	answered bool // written under p's lock, before the call is held
	keep     bool // the arguments are needed after Do

	// Of a call that decides: see redisUpdate.
	read      func(c *resp.Call, it *resp.Item)
	update    func(c *resp.Call, it *resp.Item) resp.Change
	updateAll func(c *resp.Call, items []resp.Item, changes []resp.Change)
	items     []resp.Item
	changes   []resp.Change
}

// begin returns the operation of a call whose keys are not longer than they may be,
// or nil: it was answered.
func (d redisData) begin(c *resp.Call, keys ...[]byte) *redisOp {
	for _, key := range keys {
		if err := d.w.cfg.Server.Limits.CheckKey(key); err != nil {
			c.Fail(redisLimit(err))
			return nil
		}
	}
	t := d.w.table.Load()
	if t == nil {
		c.Fail(resp.ErrNotServed)
		return nil
	}
	o, ok := c.Tag.(*redisOp)
	if !ok {
		o = new(redisOp)
		c.Tag = o
	}
	o.w, o.call, o.answered, o.keep = d.w, c, false, false
	o.p = &t.partitions[placement.PartitionOfSlot(c.Slot, len(t.partitions))]
	return o
}

// do runs an operation. One that is not answered at once keeps its call.
func (o *redisOp) do(op *replica.Op, k kind) {
	out := effectsPool.Get().(*replica.Effects)
	defer effectsPool.Put(out)
	o.p.mu.Lock()
	defer o.p.unlock()
	o.countLocked(k, op.Key, op.Keys...)
	o.w.doLocked(o.p, store.Instant(o.call.Arrived), op, out)
	if !o.answered {
		o.call.Hold(o.keep)
	}
}

// countLocked counts a request for key, unless that is empty, and for each of keys.
// The caller holds the partition's lock.
func (o *redisOp) countLocked(k kind, key []byte, keys ...[]byte) {
	if len(key) > 0 {
		o.w.countLocked(o.p, k, key)
	}
	for _, key := range keys {
		o.w.countLocked(o.p, k, key)
	}
}

// updateKind says what a command that decides by itself counts as.
func (o *redisOp) updateKind() kind {
	switch o.call.Command.Name {
	case "del", "unlink", "getdel":
		return deleting
	default:
		return writing
	}
}

// end is the last of an answer.
func (o *redisOp) end() {
	o.answered = true
	o.call.Done()
}

// Get implements resp.Keyspace. A large value is sent from where it lies.
func (d redisData) Get(c *resp.Call, key []byte) {
	o := d.begin(c, key)
	if o == nil {
		return
	}
	if !c.Behind() {
		large, ok := o.getUnlessLarge(key)
		if large != nil {
			c.BulkLent(large.item.Value, large.release)
		}
		if ok {
			return
		}
	}
	o.readNewest(key, redisBulk)
}

// getUnlessLarge answers a read that waits for nothing. It returns a large value
// instead; false: it did nothing.
func (o *redisOp) getUnlessLarge(key []byte) (large *heldValue, ok bool) {
	o.p.mu.Lock()
	defer o.p.unlock()
	item, found, ok := o.p.core.Get(store.Instant(o.call.Arrived), key, 0)
	if !ok {
		return nil, false
	}
	o.countLocked(reading, key)
	if !found {
		o.call.Saw(false)
		o.call.Null()
		return nil, true
	}
	o.call.Saw(true)
	switch {
	case len(item.Value) >= lendFrom:
		return o.p.holdLocked(key), true
	case !o.call.Reserve(len(item.Value)):
		o.call.Fail(resp.ErrManyBytes)
	default:
		o.call.Bulk(item.Value)
	}
	return nil, true
}

// redisBulk answers with a value.
func redisBulk(c *resp.Call, it *resp.Item) {
	switch {
	case !it.Found:
		c.Null()
	case !c.Reserve(len(it.Value)):
		c.Fail(resp.ErrManyBytes)
	default:
		c.Bulk(it.Value)
	}
}

// Read implements resp.Keyspace.
func (d redisData) Read(c *resp.Call, key []byte, see func(c *resp.Call, it *resp.Item)) {
	o := d.begin(c, key)
	if o == nil || !c.Behind() && o.readAtOnce(key, see) {
		return
	}
	o.readNewest(key, see)
}

// readAtOnce is a read that waits for nothing; false: it did nothing.
func (o *redisOp) readAtOnce(key []byte, see func(c *resp.Call, it *resp.Item)) bool {
	o.p.mu.Lock()
	defer o.p.unlock()
	now := store.Instant(o.call.Arrived)
	item, found, ok := o.p.core.Get(now, key, 0)
	if !ok {
		return false
	}
	o.countLocked(reading, key)
	o.items = append(o.items[:0], redisItem(item, found, now))
	o.call.Saw(found)
	see(o.call, &o.items[0])
	o.tidy()
	return true
}

func redisItem(item store.Item, found bool, now store.Instant) resp.Item {
	it := resp.Item{Found: found, Value: item.Value, Now: int64(now)}
	if item.Deadline != 0 {
		it.TTL = time.Duration(item.Deadline - now)
	}
	return it
}

// ReadAll implements resp.Keyspace.
func (d redisData) ReadAll(c *resp.Call, keys [][]byte, see func(c *resp.Call, items []resp.Item)) {
	o := d.begin(c, keys...)
	if o == nil || !c.Behind() && o.readAllAtOnce(keys, see) {
		return
	}
	if len(keys) > d.w.cfg.limits().Keys {
		// The keys of a group are fewer. What is in the way goes by itself: a key whose
		// time is over and that is not swept yet, or a lease that has lapsed.
		c.Fail(resp.TryAgain + "so many keys cannot be read right now")
		return
	}
	o.readAllNewest(keys, see)
}

func (o *redisOp) readAllAtOnce(keys [][]byte, see func(c *resp.Call, items []resp.Item)) bool {
	o.p.mu.Lock()
	defer o.p.unlock()
	now := store.Instant(o.call.Arrived)
	o.items = o.items[:0]
	for _, key := range keys {
		item, found, ok := o.p.core.Get(now, key, 0)
		if !ok {
			return false
		}
		o.items = append(o.items, redisItem(item, found, now))
	}
	o.countLocked(reading, nil, keys...)
	sawAll(o.call, o.items)
	see(o.call, o.items)
	o.tidy()
	return true
}

// sawAll notes what a command reads.
func sawAll(c *resp.Call, items []resp.Item) {
	for i := range items {
		c.Saw(items[i].Found)
	}
}

// tidy forgets what was read, and large room for it.
func (o *redisOp) tidy() {
	clear(o.items)
	clear(o.changes)
	if cap(o.items) > maxItems {
		o.items, o.changes = nil, nil
	}
}

// maxItems is for how many keys an operation that is over keeps room.
const maxItems = 64

// redisPut is the Tag of a plain SET.
type redisPut redisOp

func (o *redisPut) answer(w *Worker, p *partition, d *replica.Done) {
	if d.Status == replica.OK {
		o.call.OK()
	} else {
		w.redisFailure(o.call, p, d)
	}
	(*redisOp)(o).end()
}

// Put implements resp.Keyspace.
func (d redisData) Put(c *resp.Call, key []byte, i int, ttl time.Duration) {
	value := c.Args[i]
	if err := d.w.cfg.Server.Limits.CheckValue(value); err != nil {
		c.Fail(redisLimit(err))
		return
	}
	o := d.begin(c, key)
	if o == nil {
		return
	}
	if o.putAtOnce(key, value, ttl) {
		c.OK()
		return
	}
	op := replica.Op{Kind: replica.OpPut, Key: key, Value: value, Lent: true, TTL: ttl, Tag: (*redisPut)(o)}
	if c.Owned(i) {
		op.Give = alreadyOwn
	}
	o.do(&op, writing)
}

// putAtOnce writes what waits for nothing; false: it did nothing.
func (o *redisOp) putAtOnce(key, value []byte, ttl time.Duration) bool {
	o.p.mu.Lock()
	defer o.p.unlock()
	_, ok := o.p.core.PutAtOnce(store.Instant(o.call.Arrived), key, value, ttl, replica.RequestID{}, 0)
	if ok {
		o.countLocked(writing, key)
	}
	return ok
}

// alreadyOwn gives away a value that nobody else has.
func alreadyOwn() {}
