package replica

import (
	"time"

	"pikv/placement"
	"pikv/store"
)

// PutAtOnce is an OpPut without condition and old value that has to wait for
// nothing and concerns nobody else: like Do, but without effects. It returns the
// version, or false: it did nothing, and is Do's. It copies key and value. id may
// be none, and epoch is Op.Epoch.
func (c *Core) PutAtOnce(now store.Instant, key, value []byte, ttl time.Duration, id RequestID, epoch placement.Epoch) (Number, bool) {
	if c.role != RolePrimary || epoch > c.config.Epoch || len(c.replicas) > 0 || c.uploads.any() || c.node.timing.Evict > 0 || c.clients.waiting() || !c.Serves(now) {
		return 0, false
	}
	e := Entry{Kind: EntryPut, Epoch: c.config.Epoch, Number: c.log.last + 1, Key: key, Value: value, TTL: ttl}
	need := store.Cost(len(key), len(value))
	if id.named() {
		if _, known := c.sessions.find(id, c.node.limits.Sessions); known {
			return 0, false // its answer is recorded, or it is too late
		}
		need += c.sessions.cost(id, &Done{})
		e.ID = EntryID{Client: id.Client, Seq: id.Seq, Finished: id.Finished}
		e.Outcome = Outcome{Found: true, Version: e.Number}
	}
	if !c.node.memory.Reserve(need) {
		return 0, false // what it replaces may make room
	}
	c.log.skip(&e)
	c.apply(now, &e)
	c.node.memory.Release(need)
	return e.Number, true
}
