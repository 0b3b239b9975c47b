package master

import (
	"context"
	"errors"

	"pikv/client"
	"pikv/rpcserver"
	"pikv/wire"
)

func (f *front) proxyPut(ctx context.Context, c *rpcserver.Call) {
	key, value, o, err := wire.DecodePut(c.Params)
	if err == nil {
		err = errors.Join(f.limits.CheckKey(key), f.limits.CheckValue(value))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	c.Detach() // a call that is cut short may leave the value behind in the client
	f.through(ctx, c, func(cl *client.Client) error {
		version, err := cl.Put(ctx, string(key), value, client.Forward(o))
		if err != nil {
			return err
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, version) })
		return nil
	})
}

func (f *front) proxyIncr(ctx context.Context, c *rpcserver.Call) {
	key, delta, o, err := wire.DecodeIncr(c.Params)
	if err == nil {
		err = f.limits.CheckKey(key)
	}
	if err != nil {
		c.Fail(err)
		return
	}
	f.through(ctx, c, func(cl *client.Client) error {
		sum, err := cl.Incr(ctx, string(key), delta, client.Forward(o))
		if err != nil {
			return err
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, sum) })
		return nil
	})
}

func (f *front) proxyGetSet(ctx context.Context, c *rpcserver.Call) {
	key, value, o, err := wire.DecodeGetSet(c.Params)
	if err == nil {
		err = errors.Join(f.limits.CheckKey(key), f.limits.CheckValue(value))
	}
	if err != nil {
		c.Fail(err)
		return
	}
	c.Detach() // as in proxyPut
	f.through(ctx, c, func(cl *client.Client) error {
		old, existed, err := cl.GetSet(ctx, string(key), value, client.Forward(o))
		if err != nil {
			return err
		}
		if !fits(c, len(old)) {
			// The write has taken effect: the caller, who cannot be told of
			// the old value, must not take this for a refusal.
			return wire.Errorf(wire.CodeUnknownFate, "the value was set, but there is no room to return the old one through the master")
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, old, existed) })
		return nil
	})
}
