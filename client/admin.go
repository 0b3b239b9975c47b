package client

import (
	"context"
	"errors"
	"fmt"

	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// Location says who owns a key.
type Location struct {
	Slot      uint16                `json:"slot"`
	Partition placement.PartitionID `json:"partition"`
	Epoch     placement.Epoch       `json:"epoch"` // of the partition's configuration
	Node      string                `json:"node"`
	Addr      string                `json:"addr"` // RPC
	RESP      string                `json:"resp"` // host:port for Redis clients, "" for none
}

// Locate asks the cluster who owns key, which need not exist.
func (c *Client) Locate(ctx context.Context, key string) (Location, error) {
	k := []byte(key)
	if err := c.limits.CheckKey(k); err != nil {
		return Location{}, about("locate", key, err)
	}
	var reply wire.OwnerReply
	err := c.askAny(ctx, func(ctx context.Context, conn *rpcclient.Conn) error {
		return conn.Call(ctx, wire.MethodOwner,
			func(buf []byte) []byte { return wire.AppendOwner(buf, k) },
			func(d *wire.Decoder) error { return readBody(d, &reply) })
	})
	if err != nil {
		return Location{}, about("locate", key, err)
	}
	return Location{
		Slot: reply.Slot, Partition: placement.PartitionID(reply.Partition),
		Epoch: placement.Epoch(reply.Epoch), Node: reply.Node, Addr: reply.Addr, RESP: reply.RESP,
	}, nil
}

// View fetches what is new and returns the view in force as far as the nodes that were
// asked know. It is shared: do not change it.
func (c *Client) View(ctx context.Context) (*placement.View, error) {
	p, err := c.bound(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.await(c.refresh(c.table.Load().master, "", 0)); err != nil {
		return nil, gaveUp(err, "", nil)
	}
	t, err := c.born(p)
	if err != nil {
		return nil, err
	}
	return t.view, nil
}

// Status asks the master how the cluster is, or any other node when the
// master is away.
func (c *Client) Status(ctx context.Context) (wire.StatusReply, error) {
	var reply wire.StatusReply
	if err := c.askAny(ctx, body(wire.MethodStatus, nil, &reply)); err != nil {
		return reply, fmt.Errorf("status: %w", err)
	}
	return reply, nil
}

// Members lists the nodes of the cluster, masters first.
func (c *Client) Members(ctx context.Context) ([]wire.MemberStatus, error) {
	var reply wire.MembersReply
	if err := c.askAny(ctx, body(wire.MethodMembers, nil, &reply)); err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return reply.Members, nil
}

// SetReplicas sets how many replicas each partition is to have, 1 to 3, and
// returns how many it was to have before. 0 changes nothing. The master brings
// it about in the background; Status tells when it is done.
func (c *Client) SetReplicas(ctx context.Context, n int) (was int, err error) {
	var reply wire.ReplicasReply
	if err := c.askAny(ctx, body(wire.MethodReplicas, &wire.ReplicasRequest{Replicas: n}, &reply)); err != nil {
		return 0, fmt.Errorf("set replicas: %w", err)
	}
	return reply.Was, nil
}

// ResetPartitions gives up partitions of which no in-sync replica lives, those
// of ids or all: they begin anew, empty. It returns which were reset. Asking
// again is harmless, for a partition that lives is refused.
func (c *Client) ResetPartitions(ctx context.Context, ids []uint16, allLost bool) ([]uint16, error) {
	var reply wire.ResetReply
	if err := c.askAny(ctx, body(wire.MethodReset, &wire.ResetRequest{Partitions: ids, AllLost: allLost}, &reply)); err != nil {
		return nil, fmt.Errorf("reset partitions: %w", err)
	}
	return reply.Reset, nil
}

// body is a call with map bodies, for askAny.
func body(method string, in, out any) func(context.Context, *rpcclient.Conn) error {
	return func(ctx context.Context, conn *rpcclient.Conn) error {
		return conn.CallBody(ctx, method, in, out)
	}
}

// askAny makes a call that any node can answer, and that may be repeated, at
// the master, then at the seeds and the workers in turn until one answers.
func (c *Client) askAny(ctx context.Context, call func(context.Context, *rpcclient.Conn) error) error {
	p, err := c.bound(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := p.context()
	defer cancel()
	for attempt := 0; ; attempt++ {
		t := c.table.Load()
		addrs, _ := t.sources(t.master, "", c.seeds)
		var failed error
		for _, addr := range addrs {
			err := c.askOne(ctx, addr, call)
			var answer *wire.Error
			if err == nil {
				return nil
			}
			if errors.As(err, &answer) && !elsewhere(answer) {
				return explained(answer)
			}
			failed = fmt.Errorf("%s: %w", addr, err)
			if ctx.Err() != nil {
				break
			}
		}
		if c.ctx.Err() != nil {
			return ErrClosed
		}
		ctxErr := p.sleep(attempt)
		if errors.Is(ctxErr, context.Canceled) {
			return ctxErr
		}
		if ctxErr != nil {
			return noAnswer(addrs, failed)
		}
	}
}

// askOne makes the call at addr, for no longer than askMax: somebody else may
// know, too.
func (c *Client) askOne(ctx context.Context, addr string, call func(context.Context, *rpcclient.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	conn, err := c.pool.Get(ctx, addr)
	if err != nil {
		return err
	}
	return call(ctx, conn)
}

// elsewhere reports whether another node may answer better.
func elsewhere(e *wire.Error) bool {
	return e.Retryable() || e.Code == wire.CodeNotMaster || e.Code == wire.CodeUnknownMethod
}

// readBody reads a map body.
func readBody(d *wire.Decoder, v any) error {
	raw := d.Raw()
	if err := d.Err(); err != nil {
		return err
	}
	return wire.UnmarshalBody(raw, v)
}
