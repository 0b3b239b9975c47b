package master

import (
	"context"
	"errors"

	"pikv/client"
	"pikv/rpcserver"
	"pikv/wire"
)

// The handlers below are the study's first design: a client that does not know
// where keys are sends everything to the master. Each is one call of this
// process's own client, which goes to the owners like any other.

// through runs one call of the client, once there is a view.
func (f *front) through(ctx context.Context, c *rpcserver.Call, call func(*client.Client) error) {
	_, err := f.awaitView(ctx)
	if err == nil {
		if cl := f.proxy.Load(); cl != nil {
			err = call(cl)
		} else {
			err = wire.Errorf(wire.CodeBusy, "the master is starting")
		}
	}
	if err != nil {
		c.Fail(proxyError(err))
	}
}

// proxyError is what the caller is told of a failure of the proxy's client.
func proxyError(err error) error {
	if errors.Is(err, client.ErrClosed) {
		return shuttingDown()
	}
	return wire.AsError(err)
}

func (f *front) proxyGet(ctx context.Context, c *rpcserver.Call) {
	key, _, err := wire.DecodeGet(c.Params)
	if err == nil {
		err = f.limits.CheckKey(key)
	}
	if err != nil {
		c.Fail(err)
		return
	}
	f.through(ctx, c, func(cl *client.Client) error {
		value, err := cl.Get(ctx, string(key))
		found := !errors.Is(err, client.ErrNotFound)
		if err != nil && found {
			return err
		}
		if !c.Reserve(len(value)) {
			return tooMuchInFlight()
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, found) })
		return nil
	})
}

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
		version, err := cl.Put(ctx, string(key), value, putOptions(o)...)
		if err != nil {
			return err
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, version) })
		return nil
	})
}

func (f *front) proxyDel(ctx context.Context, c *rpcserver.Call) {
	keys, err := wire.DecodeDel(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	f.through(ctx, c, func(cl *client.Client) error {
		count, err := cl.Del(ctx, texts(keys)...)
		if err != nil {
			return err
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendInt(buf, int64(count)) })
		return nil
	})
}

func (f *front) proxyKeys(ctx context.Context, c *rpcserver.Call) {
	var req wire.KeysRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	f.through(ctx, c, func(cl *client.Client) error {
		reply, err := cl.KeysPage(ctx, req)
		if err != nil {
			return err
		}
		c.ReplyBody(&reply)
		return nil
	})
}

// putOptions are the options of a write that the proxy passes on. The epoch is
// between this process's client and the owner.
func putOptions(o wire.Options) []client.PutOption {
	if o.TTL == 0 {
		return nil
	}
	return []client.PutOption{client.TTL(o.TTL)}
}

// tooMuchInFlight answers a read whose value finds no room on the way back.
func tooMuchInFlight() *wire.Error {
	return wire.Errorf(wire.CodeBusy, "too many bytes in flight through the master")
}

func texts(keys [][]byte) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = string(k)
	}
	return out
}
