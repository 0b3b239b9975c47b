package master

import (
	"context"

	"pikv/client"
	"pikv/placement"
	"pikv/resp"
	"pikv/wire"
)

// Page implements resp.Keyspace. It blocks while a worker is asked.
func (p redisProxy) Page(ctx context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, ok bool) {
	reply, err := p.page(ctx, slot, cursor, limit)
	if err != nil {
		return 0, false // Await says why
	}
	for _, key := range reply.Keys {
		yield(key)
	}
	return reply.Next, true
}

// Await implements resp.Keyspace.
func (p redisProxy) Await(ctx context.Context, slot uint16) (s resp.Serves) {
	if _, err := p.page(ctx, slot, 0, 1); err != nil {
		s.Refusal = redisError(err)
	}
	return s
}

// page asks the worker that has a slot.
func (p redisProxy) page(ctx context.Context, slot uint16, cursor uint64, limit int) (reply wire.KeysReply, err error) {
	cl := p.client.Load()
	if cl == nil {
		return reply, errStarting
	}
	view, err := cl.View(ctx)
	if err != nil {
		return reply, err
	}
	return cl.KeysPage(ctx, wire.KeysRequest{
		Partition: uint16(placement.PartitionOfSlot(slot, len(view.Partitions))), Cursor: cursor, Limit: min(max(limit, 1), 1000),
	})
}

// errStarting is what a master says that is not ready.
var errStarting = wire.Errorf(wire.CodeBusy, "the master is starting")

// flushBatch is how many keys are deleted by one call.
const flushBatch = 1000

// Flush implements resp.Keyspace: of the whole cluster.
func (p redisProxy) Flush(ctx context.Context, c *resp.Call) {
	c.Aside(func() {
		select {
		case p.flushes <- struct{}{}:
			defer func() { <-p.flushes }()
		case <-ctx.Done():
			c.Fail(resp.ErrClosing)
			return
		}
		if err := p.flush(ctx); err != nil {
			c.Fail(resp.UnknownFate + "some keys are deleted, then: " + redisError(err))
			return
		}
		c.OK()
	})
}

// mostFlushes is how many flushes are under way at once.
const mostFlushes = 2

func (p redisProxy) flush(ctx context.Context) error {
	cl := p.client.Load()
	if cl == nil {
		return errStarting
	}
	var keys []string
	for key, err := range cl.Keys(ctx, "") {
		if err == nil {
			if keys = append(keys, key); len(keys) < flushBatch {
				continue
			}
			err = deleteAll(ctx, cl, keys)
			keys = keys[:0]
		}
		if err != nil {
			return err
		}
	}
	return deleteAll(ctx, cl, keys)
}

func deleteAll(ctx context.Context, cl *client.Client, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := cl.MDel(ctx, keys)
	return err
}
