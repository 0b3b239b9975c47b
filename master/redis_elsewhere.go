package master

import (
	"context"
	"time"

	"pikv/placement"
	"pikv/resp"
)

// redisElsewhere is the Keyspace of a node that holds no key: it answers with who
// does.
type redisElsewhere struct{ cluster resp.Cluster }

var _ resp.Keyspace = redisElsewhere{}

// moved answers with the owner of the call's slot.
func (e redisElsewhere) moved(c *resp.Call) {
	v := e.cluster.View()
	if len(v.Partitions) == 0 {
		c.Fail(resp.ErrNotServed + ": the cluster has no worker yet")
		return
	}
	owner, ok := v.Owner(placement.PartitionOfSlot(c.Slot, len(v.Partitions)))
	if !ok {
		c.Fail(resp.ErrNotServed)
		return
	}
	c.MovedTo(owner)
}

// Get implements resp.Keyspace, as the methods below.
func (e redisElsewhere) Get(c *resp.Call, _ []byte) { e.moved(c) }

// Read answers with the owner.
func (e redisElsewhere) Read(c *resp.Call, _ []byte, _ func(*resp.Call, *resp.Item)) { e.moved(c) }

// ReadAll answers with the owner.
func (e redisElsewhere) ReadAll(c *resp.Call, _ [][]byte, _ func(*resp.Call, []resp.Item)) {
	e.moved(c)
}

// Put answers with the owner.
func (e redisElsewhere) Put(c *resp.Call, _ []byte, _ int, _ time.Duration) { e.moved(c) }

// Update answers with the owner.
func (e redisElsewhere) Update(c *resp.Call, _ []byte, _ func(*resp.Call, *resp.Item) resp.Change) {
	e.moved(c)
}

// UpdateAll answers with the owner.
func (e redisElsewhere) UpdateAll(c *resp.Call, _ [][]byte, _ func(*resp.Call, []resp.Item, []resp.Change)) {
	e.moved(c)
}

// Page has no keys: no partition is served here.
func (e redisElsewhere) Page(context.Context, uint16, uint64, int, func([]byte)) (next uint64, refusal string, ok bool) {
	return 0, "", false
}

// Await does not wait: none ever will be.
func (e redisElsewhere) Await(context.Context, uint16) resp.Serves {
	return resp.Serves{Refusal: noKeys}
}

// Flush deletes nothing, and says so.
func (e redisElsewhere) Flush(_ context.Context, c *resp.Call) { c.Fail(noKeys) }

const noKeys = "ERR this node serves no keys: ask the workers"
