package worker

import (
	"pikv/replica"
	"pikv/resp"
	"pikv/store"
)

// redisUpdate is the Tag and the Decider of an operation whose call decides by
// itself, and writes its reply as it does: the reply of the last time counts.
type redisUpdate redisOp

var _ replica.Decider = (*redisUpdate)(nil)

// Keep implements replica.Decider: the call is about to be held.
func (o *redisUpdate) Keep() { o.keep = true }

// Decide implements replica.Decider.
func (o *redisUpdate) Decide(now store.Instant, was []replica.State, then []replica.Decision) (answer []byte) {
	o.call.Rewind()
	o.items, o.changes = o.items[:0], o.changes[:0]
	for i := range was {
		o.items = append(o.items, resp.Item{Found: was[i].Exists, Value: was[i].Value, TTL: was[i].TTL, Now: int64(now)})
		o.changes = append(o.changes, resp.Change{})
	}
	switch {
	case o.read != nil:
		o.call.Saw(o.items[0].Found)
		o.read(o.call, &o.items[0])
	case o.update != nil:
		o.changes[0] = o.update(o.call, &o.items[0])
	default:
		o.updateAll(o.call, o.items, o.changes)
	}
	for i := range o.changes {
		then[i] = decisionOf(&o.changes[i])
	}
	(*redisOp)(o).tidy()
	return nil
}

func decisionOf(c *resp.Change) replica.Decision {
	d := replica.Decision{Value: c.Value, Lent: c.Lent, TTL: c.TTL, KeepTTL: c.KeepTTL, From: c.From}
	switch c.Kind {
	case resp.Put:
		d.Verdict = replica.Put
	case resp.Delete:
		d.Verdict = replica.Delete
	case resp.Touch:
		d.Verdict = replica.Touch
	case resp.Copy:
		d.Verdict = replica.Copy
	}
	return d
}

func (o *redisUpdate) answer(w *Worker, p *partition, d *replica.Done) {
	if d.Status != replica.OK {
		w.redisFailure(o.call, p, d)
	}
	o.read, o.update, o.updateAll = nil, nil, nil
	(*redisOp)(o).end()
}

// readNewest reads what the key will be when all is committed that was asked for
// before, and answers when it is.
func (o *redisOp) readNewest(key []byte, see func(c *resp.Call, it *resp.Item)) {
	o.read = see
	o.do(&replica.Op{Kind: replica.OpUpdate, Key: key, Decide: (*redisUpdate)(o), Tag: (*redisUpdate)(o)}, reading)
}

// readAllNewest is readNewest for several keys, among which may be the same.
func (o *redisOp) readAllNewest(keys [][]byte, see func(c *resp.Call, items []resp.Item)) {
	places := make(map[string]int, len(keys))
	at := make([]int, len(keys))
	different := make([][]byte, 0, len(keys))
	for i, key := range keys {
		place, known := places[string(key)]
		if !known {
			place = len(different)
			places[string(key)] = place
			different = append(different, key)
		}
		at[i] = place
	}
	o.updateAll = func(c *resp.Call, items []resp.Item, _ []resp.Change) {
		all := make([]resp.Item, len(at))
		for i, place := range at {
			all[i] = items[place]
		}
		sawAll(c, all)
		see(c, all)
	}
	o.do(&replica.Op{Kind: replica.OpGroup, Keys: different, Decide: (*redisUpdate)(o), Tag: (*redisUpdate)(o)}, reading)
}

// Update implements resp.Keyspace.
func (d redisData) Update(c *resp.Call, key []byte, f func(c *resp.Call, it *resp.Item) resp.Change) {
	o := d.begin(c, key)
	if o == nil {
		return
	}
	o.update = f
	o.do(&replica.Op{Kind: replica.OpUpdate, Key: key, Decide: (*redisUpdate)(o), Tag: (*redisUpdate)(o)}, o.updateKind())
}

// UpdateAll implements resp.Keyspace.
func (d redisData) UpdateAll(c *resp.Call, keys [][]byte, f func(c *resp.Call, items []resp.Item, changes []resp.Change)) {
	o := d.begin(c, keys...)
	if o == nil {
		return
	}
	o.updateAll = f
	o.do(&replica.Op{Kind: replica.OpGroup, Keys: keys, Decide: (*redisUpdate)(o), Tag: (*redisUpdate)(o)}, o.updateKind())
}
