package master

import (
	"context"
	"errors"

	"pikv/client"
	"pikv/placement"
	"pikv/resp"
	"pikv/wire"
)

// Page implements resp.Keyspace. It blocks while a worker is asked.
func (p redisProxy) Page(ctx context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, refusal string, ok bool) {
	next, err := p.page(ctx, slot, cursor, limit, yield)
	if errors.Is(err, errManyBytes) { // Await, which asks for one key, would find room
		refusal = resp.ErrManyBytes
	}
	return next, refusal, err == nil
}

// Await implements resp.Keyspace.
func (p redisProxy) Await(ctx context.Context, slot uint16) (s resp.Serves) {
	if _, err := p.page(ctx, slot, 0, 1, func([]byte) {}); err != nil {
		s.Refusal = redisError(err)
	}
	return s
}

// page asks the worker that has a slot. How large a page is is known when it has come, as
// with values: see Get. It counts while it is there, here and where it is yielded to.
func (p redisProxy) page(ctx context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, err error) {
	cl := p.client.Load()
	if cl == nil {
		return 0, errStarting
	}
	view, err := cl.View(ctx)
	if err != nil {
		return 0, err
	}
	reply, err := cl.KeysPage(ctx, wire.KeysRequest{
		Partition: uint16(placement.PartitionOfSlot(slot, len(view.Partitions))), Cursor: cursor, Limit: min(max(limit, 1), 1000),
	})
	if err != nil {
		return 0, err
	}
	size := 0
	for _, key := range reply.Keys {
		size += 2 * len(key)
	}
	room := int64(roomOf(p.budget, len(reply.Keys), size))
	if !p.budget.Acquire(room) {
		return 0, errManyBytes
	}
	defer p.budget.Release(room)
	for _, key := range reply.Keys {
		yield(key)
	}
	return reply.Next, nil
}

// errStarting is what a master says that is not ready.
var errStarting = wire.Errorf(wire.CodeBusy, "the master is starting")

// A call of a flush deletes so many keys, or so many bytes of them.
const (
	flushBatch = 1000
	flushBytes = 1 << 20
)

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
	size := 0
	for key, err := range cl.Keys(ctx, "") {
		if err == nil {
			keys, size = append(keys, key), size+len(key)
			if len(keys) < flushBatch && size < flushBytes {
				continue
			}
			err = deleteAll(ctx, cl, keys)
			keys, size = keys[:0], 0
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
