package client

import (
	"context"

	"pikv/wire"
)

// Get returns the value of key, or an error that matches ErrNotFound. The
// value belongs to the caller.
func (c *Client) Get(ctx context.Context, key string) ([]byte, error) {
	value, found, err := c.get(ctx, key)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return nil, about("get", key, err)
	}
	return value, nil
}

func (c *Client) get(ctx context.Context, key string) (value []byte, found bool, err error) {
	k := []byte(key)
	if err := c.limits.CheckKey(k); err != nil {
		return nil, false, err
	}
	p, err := c.bound(ctx)
	if err != nil {
		return nil, false, err
	}
	partition, err := c.partitionOf(p, key)
	if err != nil {
		return nil, false, err
	}
	err = c.do(p, &request{
		method:    wire.MethodGet,
		partition: partition,
		large:     c.large.large(key),
		params: func(buf []byte, tell uint64) []byte {
			return wire.AppendGet(buf, k, wire.Options{Epoch: tell})
		},
		result: func(d *wire.Decoder) error {
			var err error
			value, found, err = wire.DecodeGetResult(d)
			return err
		},
	})
	if err == nil {
		c.large.saw(key, len(value))
	}
	return value, found, err
}

// Put stores value under key and returns the version of the write: versions
// of one key grow. The caller may change value once Put has returned. An error
// that matches ErrUnknownFate means that the write may have taken effect; after any
// other error it has not.
func (c *Client) Put(ctx context.Context, key string, value []byte, opts ...PutOption) (version uint64, err error) {
	version, err = c.put(ctx, key, value, opts)
	if err != nil {
		return 0, about("put", key, err)
	}
	return version, nil
}

func (c *Client) put(ctx context.Context, key string, value []byte, opts []PutOption) (version uint64, err error) {
	o, err := writeOptions(opts)
	if err != nil {
		return 0, err
	}
	k := []byte(key)
	if err := c.checkPair(k, value); err != nil {
		return 0, err
	}
	p, err := c.bound(ctx)
	if err != nil {
		return 0, err
	}
	partition, err := c.partitionOf(p, key)
	if err != nil {
		return 0, err
	}
	err = c.do(p, &request{
		method:    wire.MethodPut,
		partition: partition,
		write:     true,
		large:     len(value) > largeValue,
		params: func(buf []byte, tell uint64) []byte {
			o.Epoch = tell
			return wire.AppendPut(buf, k, value, o)
		},
		result: func(d *wire.Decoder) error {
			version = d.Uint()
			return d.Err()
		},
	})
	if err == nil {
		c.large.saw(key, len(value))
	}
	return version, err
}

// Del deletes keys and returns how many of them existed. Keys of several
// owners are deleted side by side, not at one moment. When some could not be
// deleted, the error tells of one of them; MDel tells of each.
func (c *Client) Del(ctx context.Context, keys ...string) (int, error) {
	results, err := c.MDel(ctx, keys)
	deleted := 0
	for _, r := range results {
		if r.Existed {
			deleted++
		}
	}
	return deleted, err
}

// checkPair refuses what no node would take, before anything is sent.
func (c *Client) checkPair(key, value []byte) error {
	if err := c.limits.CheckKey(key); err != nil {
		return err
	}
	return c.limits.CheckValue(value)
}
