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
//
// A write keeps the name that it came with, so that one which the caller sends
// again, through here or not, is the same write to the owner. One without a
// name gets this client's.

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

// decodeGet reads what a Get asks for; false: it was answered, being malformed.
func (f *front) decodeGet(c *rpcserver.Call) (key []byte, o wire.Options, ok bool) {
	key, o, err := wire.DecodeGet(c.Params)
	if err == nil {
		err = f.limits.CheckKey(key)
	}
	if err != nil {
		c.Fail(err)
		return nil, wire.Options{}, false
	}
	return key, o, true
}

func (f *front) proxyGet(ctx context.Context, c *rpcserver.Call) {
	key, o, ok := f.decodeGet(c)
	if !ok {
		return
	}
	f.through(ctx, c, func(cl *client.Client) error {
		var e client.Entry
		var err error
		switch {
		case o.WithLeft:
			e, err = cl.GetEntry(ctx, string(key))
		case o.WithVersion:
			e.Value, e.Version, err = cl.GetVersion(ctx, string(key))
		default:
			e.Value, err = cl.Get(ctx, string(key))
		}
		found := !errors.Is(err, client.ErrNotFound)
		if err != nil && found {
			return err
		}
		if !c.Wants(len(e.Value)) {
			return rpcserver.ErrLarge
		}
		if !fits(c, len(e.Value)) {
			return tooMuchInFlight()
		}
		c.Reply(func(buf []byte) []byte {
			switch {
			case o.WithLeft:
				return wire.AppendLeftResult(buf, e.Value, e.Version, e.TTL, found)
			case o.WithVersion:
				return wire.AppendVersionedResult(buf, e.Value, e.Version, found)
			default:
				return wire.AppendGetResult(buf, e.Value, found)
			}
		})
		return nil
	})
}

func (f *front) proxyDel(ctx context.Context, c *rpcserver.Call) {
	keys, err := wire.DecodeDel(c.Params, nil)
	if err != nil {
		c.Fail(err)
		return
	}
	if !f.roomForItems(c, len(keys)) {
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
