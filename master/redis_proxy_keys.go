package master

import (
	"context"

	"pikv/client"
	"pikv/placement"
	"pikv/resp"
	"pikv/wire"
)

// notProxied are the commands that would hold up other connections while the proxy
// asks the workers.
var notProxied = map[string]bool{
	"scan": true, "randomkey": true, "cluster|countkeysinslot": true, "cluster|getkeysinslot": true,
}

// refuseProxied words the refusal of what the proxy does not do.
func refuseProxied(command string) (refusal string) {
	if notProxied[command] {
		return "ERR the proxy does not list keys by pages: ask the workers, which CLUSTER SLOTS names"
	}
	return ""
}

// Page implements resp.Keyspace. It blocks while a worker is asked, so it is only
// for commands that run apart from others.
func (p *redisProxy) Page(slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, ok bool) {
	cl := p.client.Load()
	if cl == nil {
		return 0, false
	}
	view, err := cl.View(p.ctx)
	if err != nil {
		return 0, false
	}
	reply, err := cl.KeysPage(p.ctx, wire.KeysRequest{
		Partition: uint16(placement.PartitionOfSlot(slot, len(view.Partitions))), Cursor: cursor, Limit: min(max(limit, 1), 1000),
	})
	if err != nil {
		return 0, false
	}
	for _, key := range reply.Keys {
		yield(key)
	}
	return reply.Next, true
}

// Copies implements resp.Keyspace: the proxy does not know.
func (p *redisProxy) Copies() int { return 0 }

// flushBatch is how many keys are deleted by one call.
const flushBatch = 1000

// Flush implements resp.Keyspace: of the whole cluster.
func (p *redisProxy) Flush(ctx context.Context, c *resp.Call) {
	if err := p.flush(ctx); err != nil {
		c.Fail(redisError(err))
		return
	}
	c.OK()
}

func (p *redisProxy) flush(ctx context.Context) error {
	cl := p.client.Load()
	if cl == nil {
		return wire.Errorf(wire.CodeBusy, "the master is starting")
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
