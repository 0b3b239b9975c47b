package worker

import (
	"context"

	"pikv/placement"
	"pikv/replica"
	"pikv/resp"
)

// Page implements resp.Keyspace.
func (d redisData) Page(_ context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, refusal string, ok bool) {
	t := d.w.table.Load()
	if t == nil {
		return 0, "", false
	}
	t.partitions[placement.PartitionOfSlot(slot, len(t.partitions))].look(func(c *replica.Core) {
		next, ok = c.Scan(d.w.now(), cursor, nil, limit, yield)
	})
	return next, "", ok
}

// Await implements resp.Keyspace.
func (d redisData) Await(ctx context.Context, slot uint16) resp.Serves {
	t := d.w.table.Load()
	if t == nil {
		return resp.Serves{Refusal: resp.ErrNotServed}
	}
	return d.w.await(ctx, inPlace, &t.partitions[placement.PartitionOfSlot(slot, len(t.partitions))])
}
