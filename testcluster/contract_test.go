package testcluster_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/testcluster"
	"pikv/testcluster/need"
	"pikv/wire"
)

// way is a way in: whatever it is, the store behind it keeps one contract.
type way interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte, opts ...client.PutOption) (uint64, error)
	Del(ctx context.Context, keys ...string) (int, error)
	GetVersion(ctx context.Context, key string) ([]byte, uint64, error)
	Incr(ctx context.Context, key string, delta int64, opts ...client.PutOption) (int64, error)
	GetSet(ctx context.Context, key string, value []byte, opts ...client.PutOption) ([]byte, bool, error)
}

func TestOneContractForEveryWayIn(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2})
	for name, w := range map[string]way{
		"direct":                   c.Client(),
		"through the master":       c.Client(client.WithProxy()),
		"a stranger at the master": strangerAt(t, c, testcluster.MasterName),
	} {
		t.Run(name, func(t *testing.T) {
			contract(t, w, name+"/")
			conditions(t, w, name+"/if/")
			updates(t, w, name+"/update/")
		})
	}
}

func contract(t *testing.T, w way, prefix string) {
	ctx := t.Context()
	key := prefix + "key"

	_, err := w.Get(ctx, key)
	require.ErrorIs(t, err, client.ErrNotFound, "a key that was never written")

	first, err := w.Put(ctx, key, []byte("one"))
	require.NoError(t, err)
	second, err := w.Put(ctx, key, []byte("two"))
	require.NoError(t, err)
	require.Greater(t, second, first, "versions of a key grow")
	got, err := w.Get(ctx, key)
	require.NoError(t, err)
	require.Equal(t, "two", string(got), "the last write is read")

	_, err = w.Put(ctx, key+"empty", nil)
	require.NoError(t, err)
	got, err = w.Get(ctx, key+"empty")
	require.NoError(t, err, "an empty value is a value")
	require.Empty(t, got)

	odd := prefix + string([]byte{0, 0xff, '\n', '{', '}'})
	large := make([]byte, 5<<20)
	_, _ = rand.Read(large)
	_, err = w.Put(ctx, odd, large)
	require.NoError(t, err)
	got, err = w.Get(ctx, odd)
	require.NoError(t, err)
	require.True(t, bytes.Equal(large, got), "any bytes in key and value")

	count, err := w.Del(ctx, key)
	require.NoError(t, err)
	require.Equal(t, 1, count)
	count, err = w.Del(ctx, key)
	require.NoError(t, err)
	require.Zero(t, count, "deleted already")
	_, err = w.Get(ctx, key)
	require.ErrorIs(t, err, client.ErrNotFound)

	_, err = w.Put(ctx, key, []byte("short"), client.TTL(50*time.Millisecond))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := w.Get(ctx, key)
		return errors.Is(err, client.ErrNotFound)
	}, 10*time.Second, 5*time.Millisecond, "its time is over")

	_, err = w.Put(ctx, "", []byte("x"))
	require.ErrorContains(t, err, "empty key")
	_, err = w.Get(ctx, strings.Repeat("k", wire.MaxKey+1))
	require.ErrorContains(t, err, "key")
}

// One bad key in a batch does not spoil the others, through the master either.
func TestABatchAnswersForEachKey(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2})
	for _, cl := range []*client.Client{c.Client(), c.Client(client.WithProxy())} {
		_, err := cl.Put(t.Context(), "there", []byte("v"))
		require.NoError(t, err)
		got, err := cl.MGet(t.Context(), []string{"there", "", "absent"})
		require.Error(t, err)
		require.Len(t, got, 3)
		require.Equal(t, "v", string(got[0].Value))
		require.ErrorIs(t, got[1].Err, client.ErrEmptyKey)
		require.NoError(t, got[2].Err)
		require.False(t, got[2].Found)
	}
	conn := strangerAt(t, c, testcluster.MasterName).conn
	var results []wire.GetResult
	require.NoError(t, conn.Call(t.Context(), wire.MethodMGet,
		func(buf []byte) []byte {
			return wire.AppendMGet(buf, [][]byte{[]byte("there"), {}, []byte("absent")}, wire.Options{})
		},
		func(d *wire.Decoder) (err error) { results, err = wire.DecodeMGetResult(d, nil); return err }))
	require.Len(t, results, 3)
	require.Equal(t, "v", string(results[0].Value))
	require.Equal(t, wire.CodeEmptyKey, results[1].Err.Code)
	require.False(t, results[2].Found)
}

// A value of the largest size goes in and comes out, and one byte more is
// refused before it is sent.
func TestTheLargestValue(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 1, MaxMemory: 200 << 20})
	cl := c.Client()
	value := make([]byte, wire.MaxValue)
	_, _ = rand.Read(value[:1<<20])
	_, err := cl.Put(t.Context(), "large", value)
	require.NoError(t, err)
	got, err := cl.Get(t.Context(), "large")
	require.NoError(t, err)
	require.True(t, bytes.Equal(value, got))
	_, err = cl.Put(t.Context(), "larger", make([]byte, wire.MaxValue+1))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeTooLarge})
}

// A full worker refuses writes and keeps what it has; room that is made can
// be used again.
func TestMemoryFull(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 1, MaxMemory: 4 << 20})
	cl := c.Client()
	value := make([]byte, 64<<10)
	stored := 0
	var err error
	for ; stored < 1000; stored++ {
		if _, err = cl.Put(t.Context(), key(stored), value); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeOutOfMemory})
	require.ErrorContains(t, err, "--max-memory")
	require.Greater(t, stored, 32, "most of the memory is usable")
	for i := range stored {
		got, err := cl.Get(t.Context(), key(i))
		require.NoError(t, err, "reads go on")
		require.Len(t, got, len(value))
	}
	_, err = cl.Put(t.Context(), key(0), value)
	require.NoError(t, err, "a write that needs no more memory goes on")
	_, err = cl.Del(t.Context(), key(0))
	require.NoError(t, err)
	_, err = cl.Put(t.Context(), key(stored), value)
	require.NoError(t, err, "room was made")
}

// Python's msgpack, which knows nothing of pikv, calls a worker.
func TestAStrangerInPython(t *testing.T) {
	beside(t)
	python := need.Python(t, "msgpack")
	c := testcluster.Start(t, testcluster.Options{Workers: 1})
	host, port, err := net.SplitHostPort(c.Node("w1").RPC)
	require.NoError(t, err)
	script := `
import msgpack, socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
unpacker = msgpack.Unpacker()
def call(id, method, *params):
    s.sendall(msgpack.packb([0, id, method, list(params)], use_bin_type=True))
    while True:
        for response in unpacker:
            assert response[:2] == [1, id], response
            return response[2], response[3]
        data = s.recv(65536)
        assert data, "connection closed"
        unpacker.feed(data)
assert call(1, "Get", b"k") == (None, None)
error, version = call(2, "Put", b"k", b"\x00value\xff", {"ttl": 60000})
assert error is None and version >= 1, (error, version)
assert call(3, "Get", "k") == (None, b"\x00value\xff")
assert call(4, "Del", b"k", b"other") == (None, 1)
error, result = call(5, "Get", b"")
assert error[0] == "empty_key" and result is None, error
error, result = call(6, "Nonsense")
assert error[0] == "unknown_method", error
`
	out, err := exec.CommandContext(t.Context(), python, "-c", script, host, port).CombinedOutput()
	require.NoError(t, err, string(out))
}
