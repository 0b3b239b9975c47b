package client

import (
	"context"
	"sync"
	"time"

	"pikv/rpcclient"
	"pikv/wire"
)

// Get returns the value of key, or an error that matches ErrNotFound. The
// value belongs to the caller.
func (c *Client) Get(ctx context.Context, key string) ([]byte, error) {
	e, err := c.get(ctx, key, wire.Options{}, nil)
	return e.Value, err
}

// Buffer is memory that GetInto uses again. The zero value is ready. Not safe
// for concurrent use.
type Buffer struct{ room rpcclient.Room }

// GetInto is Get for large values, one after the other: the value lies in b, and
// is valid until b is used again. New memory for each costs a large value more
// than its way over the network.
func (c *Client) GetInto(ctx context.Context, key string, b *Buffer) ([]byte, error) {
	e, err := c.get(ctx, key, wire.Options{}, b)
	return e.Value, err
}

// GetVersion is Get with the version of the value, as Put returned it: for
// IfVersion.
func (c *Client) GetVersion(ctx context.Context, key string) (value []byte, version uint64, err error) {
	e, err := c.get(ctx, key, wire.Options{WithVersion: true}, nil)
	return e.Value, e.Version, err
}

// Entry is a key's value with what goes with it.
type Entry struct {
	Value   []byte
	Version uint64        // as Put returned it
	TTL     time.Duration // what was left of its time to live when the owner answered, in whole milliseconds; 0 is for ever
}

// GetEntry is Get with all that there is to know of the key.
func (c *Client) GetEntry(ctx context.Context, key string) (Entry, error) {
	return c.get(ctx, key, wire.Options{WithLeft: true}, nil)
}

func (c *Client) get(ctx context.Context, key string, o wire.Options, into *Buffer) (Entry, error) {
	e, found, err := c.read(ctx, key, o, into)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return Entry{}, about("get", key, err)
	}
	return e, nil
}

func (c *Client) read(ctx context.Context, key string, o wire.Options, into *Buffer) (e Entry, found bool, err error) {
	r := readings.Get().(*reading)
	defer r.release()
	r.key = append(r.key, key...)
	if err := c.limits.CheckKey(r.key); err != nil {
		return Entry{}, false, err
	}
	p, err := c.bound(ctx)
	if err != nil {
		return Entry{}, false, err
	}
	partition, err := c.partitionOf(p, key)
	if err != nil {
		return Entry{}, false, err
	}
	size := c.large.size(key)
	r.method, r.partition, r.large, r.options = wire.MethodGet, partition, size > 0, o
	switch {
	case into != nil:
		into.room.Expect = size
		r.room = &into.room
	case size > 0:
		r.room = &rpcclient.Room{Expect: size}
	}
	if err = c.do(p, &r.request); err == nil {
		c.large.saw(key, len(r.Value))
	}
	return r.Entry, r.found, err
}

// reading is a Get with its answer. It is used again, with all that belongs to it,
// since a read costs little else that could be saved.
type reading struct {
	request
	key []byte
	Entry
	found bool
}

var readings = sync.Pool{New: func() any {
	r := new(reading)
	r.params, r.result, r.encode = r.appendParams, r.readResult, r.appendSent
	return r
}}

// release gives r back. Nobody uses it any more but its caller.
func (r *reading) release() {
	r.request = request{params: r.params, result: r.result, encode: r.encode}
	r.key, r.Entry, r.found = r.key[:0], Entry{}, false
	readings.Put(r)
}

func (r *reading) appendParams(buf []byte, o wire.Options) []byte {
	return wire.AppendGet(buf, r.key, o)
}

func (r *reading) readResult(d *wire.Decoder) (err error) {
	switch {
	case r.options.WithLeft:
		r.Value, r.Version, r.TTL, r.found, err = wire.DecodeLeftResult(d)
	case r.options.WithVersion:
		r.Value, r.Version, r.found, err = wire.DecodeVersionedResult(d)
	default:
		r.Value, r.found, err = wire.DecodeGetResult(d)
	}
	return err
}

// Put stores value under key and returns the version of the write: versions
// of one key grow. The caller may change value once Put has returned. An error
// that matches ErrConditionFailed, ErrOutOfMemory or another refusal means that
// it has no effect. A write that is not answered is sent again, and takes
// effect once however often it was sent; only at the timeout, with the last
// attempt unanswered, the error matches ErrUnknownFate: the write may have
// taken effect, or may a little later.
func (c *Client) Put(ctx context.Context, key string, value []byte, opts ...PutOption) (version uint64, err error) {
	o, err := writeOptions(opts)
	if err == nil {
		version, err = c.put(ctx, key, value, o)
	}
	if err != nil {
		return 0, about("put", key, err)
	}
	c.large.saw(key, len(value))
	return version, nil
}

func (c *Client) put(ctx context.Context, key string, value []byte, o wire.Options) (version uint64, err error) {
	w := puttings.Get().(*putting)
	defer w.release()
	w.method, w.large, w.options = wire.MethodPut, len(value) > largeValue, o
	if w.key, w.value = append(w.key, key...), value; w.large {
		w.lend = value
	}
	err = c.writeOne(ctx, key, w.key, value, &w.request)
	return w.version, err
}

// putting is a Put with its answer, used again as a reading is.
type putting struct {
	request
	key, value []byte
	version    uint64
}

var puttings = sync.Pool{New: func() any {
	w := new(putting)
	w.params, w.result, w.encode = w.appendParams, w.readResult, w.appendSent
	return w
}}

// release gives w back. Nobody uses it any more but its caller.
func (w *putting) release() {
	w.request = request{params: w.params, result: w.result, encode: w.encode}
	w.key, w.value, w.version = w.key[:0], nil, 0
	puttings.Put(w)
}

func (w *putting) appendParams(buf []byte, o wire.Options) []byte {
	if w.lend != nil {
		return wire.AppendPutHead(buf, w.key, len(w.lend), o)
	}
	return wire.AppendPut(buf, w.key, w.value, o)
}

func (w *putting) readResult(d *wire.Decoder) error {
	w.version = d.Uint()
	return d.Err()
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
