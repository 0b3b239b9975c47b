package testcluster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/rpcclient"
	"pikv/testcluster"
	"pikv/wire"
)

// stranger speaks the wire to one node, and knows of no view. It sends each write
// once, under no name but what its options say.
type stranger struct{ conn *rpcclient.Conn }

// strangerAt connects one to a node.
func strangerAt(t *testing.T, c *testcluster.Cluster, node string) stranger {
	t.Helper()
	conn, err := rpcclient.Dial(t.Context(), c.Node(node).RPC, rpcclient.Config{Dialer: c.Dialer(), Limits: wire.DefaultLimits()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return stranger{conn}
}

func (s stranger) Get(ctx context.Context, key string) (value []byte, err error) {
	found := false
	err = s.conn.Call(ctx, wire.MethodGet,
		func(buf []byte) []byte { return wire.AppendGet(buf, []byte(key), wire.Options{}) },
		func(d *wire.Decoder) error { value, found, err = wire.DecodeGetResult(d); return err })
	if err == nil && !found {
		err = client.ErrNotFound
	}
	return value, err
}

func (s stranger) GetVersion(ctx context.Context, key string) (value []byte, version uint64, err error) {
	found := false
	err = s.conn.Call(ctx, wire.MethodGet,
		func(buf []byte) []byte { return wire.AppendGet(buf, []byte(key), wire.Options{WithVersion: true}) },
		func(d *wire.Decoder) error { value, version, found, err = wire.DecodeVersionedResult(d); return err })
	if err == nil && !found {
		err = client.ErrNotFound
	}
	return value, version, err
}

func (s stranger) Put(ctx context.Context, key string, value []byte, opts ...client.PutOption) (version uint64, err error) {
	err = s.conn.Call(ctx, wire.MethodPut,
		func(buf []byte) []byte { return wire.AppendPut(buf, []byte(key), value, options(opts)) },
		func(d *wire.Decoder) error { version = d.Uint(); return d.Err() })
	return version, err
}

func (s stranger) Incr(ctx context.Context, key string, delta int64, opts ...client.PutOption) (sum int64, err error) {
	err = s.conn.Call(ctx, wire.MethodIncr,
		func(buf []byte) []byte { return wire.AppendIncr(buf, []byte(key), delta, options(opts)) },
		func(d *wire.Decoder) error { sum = d.Int(); return d.Err() })
	return sum, err
}

func (s stranger) GetSet(ctx context.Context, key string, value []byte, opts ...client.PutOption) (old []byte, existed bool, err error) {
	err = s.conn.Call(ctx, wire.MethodGetSet,
		func(buf []byte) []byte { return wire.AppendGetSet(buf, []byte(key), value, options(opts)) },
		func(d *wire.Decoder) error { old, existed, err = wire.DecodeGetResult(d); return err })
	return old, existed, err
}

func (s stranger) Del(ctx context.Context, keys ...string) (count int, err error) {
	var list [][]byte
	for _, key := range keys {
		list = append(list, []byte(key))
	}
	err = s.conn.Call(ctx, wire.MethodDel,
		func(buf []byte) []byte { return wire.AppendDel(buf, list...) },
		func(d *wire.Decoder) error { count = int(d.Int()); return d.Err() })
	return count, err
}

// options is what the options of a write are on the wire.
func options(opts []client.PutOption) (o wire.Options) {
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// named gives a write a name, as a client of another make would.
func named(id, seq, attempt uint64) client.PutOption {
	return func(o *wire.Options) { o.Client, o.Seq, o.Attempt = id, seq, attempt }
}
