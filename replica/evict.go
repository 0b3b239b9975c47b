package replica

import (
	"pikv/store"
)

// Evict numbers the removal of one key and returns how many bytes that will give
// back, 0 when there is nothing to remove now. A key whose time is over goes
// first; else it is the one that was not touched for longest, of a sample that
// random picks. Only the primary evicts, and by an entry: no reader misses the key
// before every replica is bound to remove it, so that no later primary shows it
// again. A key that a pending entry touches was written just now, and stays.
func (c *Core) Evict(now store.Instant, random uint64, sample int, out *Effects) (freed int64) {
	if c.node.timing.Evict == 0 || c.crowded() || !c.Serves(now) {
		return 0
	}
	for _, due := range c.engine.Due(now, 1) {
		if freed := c.remove(now, due.Key, out); freed > 0 {
			return freed
		}
	}
	coldest, _, found := c.engine.Coldest(random, sample)
	if !found {
		return 0
	}
	return c.remove(now, coldest.Key, out)
}

// remove numbers the removal of what the key holds.
func (c *Core) remove(now store.Instant, key []byte, out *Effects) (freed int64) {
	item, found := c.engine.Get(key)
	if _, touched := c.clients.pending.touchOf(key); touched || !found {
		return 0
	}
	freed = store.Cost(len(item.Key), len(item.Value))
	for _, r := range c.replicas {
		r.pair.short.Evicted(freed)
	}
	if item.Expired(now) {
		out.Expired++
	}
	c.number(now, Entry{Kind: EntryExpire, Key: item.Key, Version: Number(item.Version)}, nil, Done{}, 0, out)
	return freed
}

// Coldness is for how many ticks of the memory's clock the key was not touched
// that Evict would choose from the same sample; false when there is none.
func (c *Core) Coldness(random uint64, sample int) (ticks uint32, ok bool) {
	if !c.Serving() {
		return 0, false
	}
	_, ticks, ok = c.engine.Coldest(random, sample)
	return ticks, ok
}
