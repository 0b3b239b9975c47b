package client

import (
	"context"
	"fmt"
	"time"

	"pikv/wire"
)

// What operators make of single workers; a name means the run of it that lives.
// Asking again is harmless. Errors are ErrUnknownNode for a name that the cluster
// does not know, and what the master says when it refuses.

// Drain asks the master to have the worker called node emptied, and returns how many
// partitions it still holds: Left tells when that is 0.
func (c *Client) Drain(ctx context.Context, node string) (left int, err error) {
	reply, err := c.retire(ctx, "drain", wire.MethodDrain, wire.DrainRequest{Node: node})
	return reply.Left, err
}

// Spare is Drain of a worker that stays a member, as a spare: it is given nothing
// until it is activated.
func (c *Client) Spare(ctx context.Context, node string) (left int, err error) {
	reply, err := c.retire(ctx, "make a spare of", wire.MethodSpare, wire.DrainRequest{Node: node})
	return reply.Left, err
}

// Left returns how many partitions the worker called node, which was drained or made
// a spare, holds still, and the state that it is in: "active" if somebody has
// activated it since. Then nothing moves away any more.
func (c *Client) Left(ctx context.Context, node string) (left int, state string, err error) {
	reply, err := c.retire(ctx, "drain", wire.MethodDrain, wire.DrainRequest{Node: node, Ask: true})
	return reply.Left, reply.State, err
}

func (c *Client) retire(ctx context.Context, what, method string, req wire.DrainRequest) (reply wire.DrainReply, err error) {
	if err := c.askAny(ctx, body(method, &req, &reply)); err != nil {
		return reply, fmt.Errorf("%s %s: %w", what, req.Node, err)
	}
	return reply, nil
}

// Activate puts the worker called node onto the ring, and returns what it was
// before: "spare", "draining", or "active" already.
func (c *Client) Activate(ctx context.Context, node string) (was string, err error) {
	var reply wire.ActivateReply
	if err := c.askAny(ctx, body(wire.MethodActivate, &wire.NodeRequest{Node: node}, &reply)); err != nil {
		return "", fmt.Errorf("activate %s: %w", node, err)
	}
	return reply.Was, nil
}

// SetWeight sets the share of the ring of the worker called node, and of those
// that have its name after it: 1 to placement.MaxWeight, or 0 for what its capacity
// gives. One by which the worker's memory would be short is refused.
func (c *Client) SetWeight(ctx context.Context, node string, weight int) (wire.WeightReply, error) {
	return c.weigh(ctx, wire.WeightRequest{Node: node, Weight: weight})
}

// ForceWeight is SetWeight whatever the worker's memory.
func (c *Client) ForceWeight(ctx context.Context, node string, weight int) (wire.WeightReply, error) {
	return c.weigh(ctx, wire.WeightRequest{Node: node, Weight: weight, Force: true})
}

func (c *Client) weigh(ctx context.Context, req wire.WeightRequest) (wire.WeightReply, error) {
	var reply wire.WeightReply
	if err := c.askAny(ctx, body(wire.MethodWeight, &req, &reply)); err != nil {
		return reply, fmt.Errorf("weigh %s: %w", req.Node, err)
	}
	return reply, nil
}

// Remove takes the worker called node, which must hold nothing, out of the
// cluster for good: when it is started again it is a new member.
func (c *Client) Remove(ctx context.Context, node string) error {
	if err := c.askAny(ctx, body(wire.MethodRemove, &wire.NodeRequest{Node: node}, &wire.RemoveReply{})); err != nil {
		return fmt.Errorf("remove %s: %w", node, err)
	}
	return nil
}

// Events returns what the master remembers of what happened after the event with
// the number after (0: all), the oldest first. When there is nothing it waits for up
// to wait, a few seconds at most, and then returns none.
func (c *Client) Events(ctx context.Context, after uint64, wait time.Duration) ([]wire.Event, error) {
	var reply wire.EventsReply
	if err := c.askAny(ctx, body(wire.MethodEvents, &wire.EventsRequest{After: after, WaitMS: wait.Milliseconds()}, &reply)); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return reply.Events, nil
}
