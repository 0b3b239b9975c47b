package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/wire"
)

// owner returns a worker that serves all partitions, and a connection to it.
func owner(t *testing.T, cfg Config) (*Worker, *rpcclient.Conn) {
	t.Helper()
	cfg.Name = "w1"
	w := newWorkerOf(t, cfg)
	serve(t, w)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	return w, dial(t, w.addr)
}

func put(t *testing.T, conn *rpcclient.Conn, key []byte, size int) {
	t.Helper()
	require.NoError(t, conn.Call(t.Context(), wire.MethodPut, func(buf []byte) []byte {
		return wire.AppendPut(buf, key, make([]byte, size), wire.Options{})
	}, nil))
}

// Replies count against the bytes in flight, and give back what they took.
func TestReadsTakeRoomForTheirReplies(t *testing.T) {
	cfg := Config{Server: rpcserver.DefaultConfig()}
	budget := wire.NewBudget(4 << 20)
	cfg.Server.Budget = budget
	_, conn := owner(t, cfg)
	keys := manyKeys(3)
	for _, key := range keys {
		put(t, conn, key, 100<<10)
	}
	get := func() error {
		return conn.Call(t.Context(), wire.MethodGet, func(buf []byte) []byte { return wire.AppendGet(buf, keys[0], wire.Options{}) }, nil)
	}
	eventually(t, "the writes' bytes are given back", func() bool { return budget.Used() == 0 })
	taken := budget.Limit() - 50<<10
	require.True(t, budget.Acquire(taken))
	busy := &wire.Error{Code: wire.CodeBusy}
	require.ErrorIs(t, get(), busy)
	results, err := mgetAll(t, conn, keys)
	require.NoError(t, err)
	for _, r := range results {
		require.ErrorIs(t, r.Err, busy)
	}
	swap := func() (string, error) {
		return ask(t, conn, wire.MethodGetSet, wire.AppendGetSet(nil, keys[0], []byte("small"), wire.Options{}), readText)
	}
	_, err = swap()
	require.ErrorIs(t, err, busy)
	_, err = mgetAll(t, conn, manyKeys(1000))
	require.ErrorIs(t, err, busy)
	budget.Release(taken)
	require.NoError(t, get())
	old, err := swap()
	require.NoError(t, err)
	require.Len(t, old, 100<<10, "it had no effect before")
	_, err = mgetAll(t, conn, append(keys, manyKeys(1000)...))
	require.NoError(t, err)
	eventually(t, "everything is given back", func() bool { return budget.Used() == 0 })
}

func TestBeforeTheFirstViewEverythingMayBeTriedAgain(t *testing.T) {
	w := newTestWorker(t)
	serve(t, w)
	conn := dial(t, w.addr)
	key := []byte("key")
	for method, params := range map[string]func(buf []byte) []byte{
		wire.MethodGet:   func(buf []byte) []byte { return wire.AppendGet(buf, key, wire.Options{}) },
		wire.MethodPut:   func(buf []byte) []byte { return wire.AppendPut(buf, key, key, wire.Options{}) },
		wire.MethodDel:   func(buf []byte) []byte { return wire.AppendDel(buf, key) },
		wire.MethodOwner: func(buf []byte) []byte { return wire.AppendOwner(buf, key) },
		wire.MethodKeys: func(buf []byte) []byte {
			buf, err := wire.AppendBodyParams(buf, &wire.KeysRequest{Limit: 10})
			require.NoError(t, err)
			return buf
		},
	} {
		err := conn.Call(t.Context(), method, params, nil)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBusy}, method)
	}
	results, err := mgetAll(t, conn, [][]byte{key})
	require.NoError(t, err)
	require.Equal(t, wire.CodeBusy, results[0].Err.Code)
	err = conn.CallBody(t.Context(), wire.MethodView, &wire.ViewRequest{}, nil)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeNoWorkers})
}

func TestAValueOutlivesItsRequest(t *testing.T) {
	_, conn := owner(t, Config{})
	for _, size := range []int{0, 1, 4 << 10, 31 << 10, 33 << 10, 300 << 10} {
		value := make([]byte, size)
		for i := range value {
			value[i] = byte(size + i)
		}
		key := []byte("k")
		require.NoError(t, conn.Call(t.Context(), wire.MethodPut, func(buf []byte) []byte { return wire.AppendPut(buf, key, value, wire.Options{}) }, nil))
		put(t, conn, []byte("other"), size) // reuses the connection's buffers
		var got []byte
		require.NoError(t, conn.Call(t.Context(), wire.MethodGet, func(buf []byte) []byte { return wire.AppendGet(buf, key, wire.Options{}) },
			func(d *wire.Decoder) error { got = d.Bytes(); return d.Err() }))
		require.Equal(t, value, got)
	}
}
