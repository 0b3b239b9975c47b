package client

import (
	"context"

	"pikv/wire"
)

// Incr adds delta to the integer that key holds in decimal, 0 when there is no
// such key, and returns the sum. The key keeps its time to live. An error that
// matches ErrNotInteger means that the value is no integer, or that the sum
// would need more than 64 bits. Otherwise its errors are those of Put.
func (c *Client) Incr(ctx context.Context, key string, delta int64, opts ...PutOption) (sum int64, err error) {
	o, err := writeOptions(opts)
	if err == nil {
		err = c.write(ctx, key, nil, &write{
			method:  wire.MethodIncr,
			options: o,
			params: func(buf, key []byte, o wire.Options) []byte {
				return wire.AppendIncr(buf, key, delta, o)
			},
			result: func(d *wire.Decoder) error {
				sum = d.Int()
				return d.Err()
			},
		})
	}
	if err != nil {
		return 0, about("incr", key, err)
	}
	return sum, nil
}

// GetSet stores value under key and returns what was there before, nil and
// false for nothing. Its errors are those of Put.
func (c *Client) GetSet(ctx context.Context, key string, value []byte, opts ...PutOption) (old []byte, existed bool, err error) {
	o, err := writeOptions(opts)
	if err == nil {
		err = c.write(ctx, key, value, &write{
			method:  wire.MethodGetSet,
			options: o,
			large:   len(value) > largeValue || c.large.large(key),
			params: func(buf, key []byte, o wire.Options) []byte {
				return wire.AppendGetSet(buf, key, value, o)
			},
			result: func(d *wire.Decoder) error {
				var err error
				old, existed, err = wire.DecodeGetResult(d)
				return err
			},
		})
	}
	if err != nil {
		return nil, false, about("getset", key, err)
	}
	c.large.saw(key, len(value))
	return old, existed, nil
}

// write is what the writes of one key differ in.
type write struct {
	method  string
	options wire.Options
	large   bool
	params  func(buf, key []byte, o wire.Options) []byte
	result  func(d *wire.Decoder) error
}

// write makes a write of one key.
func (c *Client) write(ctx context.Context, key string, value []byte, w *write) error {
	k := []byte(key)
	return c.writeOne(ctx, key, k, value, &request{
		method:  w.method,
		large:   w.large,
		options: w.options,
		params:  func(buf []byte, o wire.Options) []byte { return w.params(buf, k, o) },
		result:  w.result,
	})
}

// writeOne makes a write of one key, of which k are the bytes, under a name of its own.
func (c *Client) writeOne(ctx context.Context, key string, k, value []byte, r *request) error {
	if err := c.checkPair(k, value); err != nil {
		return err
	}
	p, err := c.bound(ctx)
	if err != nil {
		return err
	}
	if r.partition, err = c.partitionOf(p, key); err != nil {
		return err
	}
	r.write = true
	if err := c.nameWrite(p, &r.options); err != nil {
		return err
	}
	defer c.finish(&r.options)
	return c.do(p, r)
}
