package replica

import (
	"time"

	"pikv/store"
)

// PutAtOnce is an OpPut without condition, name and old value that has to wait for
// nothing and concerns nobody else: like Do, but without effects. false: it did
// nothing, and is Do's. It copies key and value.
func (c *Core) PutAtOnce(now store.Instant, key, value []byte, ttl time.Duration) bool {
	if c.role != RolePrimary || len(c.replicas)+len(c.uploads.open) > 0 || c.timing.Evict > 0 || c.clients.waiting() || !c.Serves(now) {
		return false
	}
	need := store.Cost(len(key), len(value))
	if !c.memory.Reserve(need) {
		return false // what it replaces may make room
	}
	e := Entry{Kind: EntryPut, Epoch: c.config.Epoch, Number: c.log.last + 1, Key: key, Value: value, TTL: ttl}
	c.log.skip(&e)
	c.apply(now, &e)
	c.memory.Release(need)
	return true
}
