package master

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/rpcclient"
	"pikv/wire"
)

// proxied returns a client that sends everything through m.
func proxied(t *testing.T, m *Master) *client.Client {
	t.Helper()
	cl, err := client.New(t.Context(), []string{m.Addr()}, client.WithProxy(), client.WithTimeout(soon))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cl.Close()) })
	return cl
}

func TestTheProxyPassesEverythingOn(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	cl, ctx := proxied(t, m), t.Context()

	_, err := cl.Get(ctx, "none")
	require.ErrorIs(t, err, client.ErrNotFound)
	big := bytes.Repeat([]byte("0123456789"), 300_000)
	version, err := cl.Put(ctx, "big", big, client.TTL(time.Minute))
	require.NoError(t, err)
	require.Equal(t, uint64(42), version)
	got, err := cl.Get(ctx, "big")
	require.NoError(t, err)
	require.True(t, bytes.Equal(big, got))

	put, err := cl.MPut(ctx, []client.Pair{{Key: "a", Value: []byte("1")}, {Key: "b", Value: nil}})
	require.NoError(t, err)
	require.Equal(t, []client.PutResult{{Version: 42}, {Version: 42}}, put)
	results, err := cl.MGet(ctx, []string{"a", "none", "b"})
	require.NoError(t, err)
	require.Equal(t, "1", string(results[0].Value))
	require.Equal(t, []bool{true, false, true}, []bool{results[0].Found, results[1].Found, results[2].Found})

	var keys []string
	for k, err := range cl.Keys(ctx, "") {
		require.NoError(t, err)
		keys = append(keys, k)
	}
	slices.Sort(keys)
	require.Equal(t, []string{"a", "b", "big"}, keys)

	gone, err := cl.MDel(ctx, []string{"a", "none"})
	require.NoError(t, err)
	require.Equal(t, []client.DelResult{{Existed: true}, {}}, gone)
	n, err := cl.Del(ctx, "b", "big", "none")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = cl.Put(ctx, "", nil)
	require.ErrorIs(t, err, client.ErrEmptyKey)
}

// A write that is sent again, through here or not, must be the same write to
// its owner: whatever the caller said of it arrives there.
func TestTheProxyPassesNamesAndConditionsOn(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	pool := rpcclient.NewPool(rpcclient.Config{})
	defer pool.Close()
	conn, err := pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	key, value := []byte("k"), []byte("v")
	named := wire.Options{TTL: time.Second, Client: 77, Seq: 9, Finished: 8, Attempt: 3}
	several := wire.Options{Client: 77, Seqs: []uint64{10, 11}, Finished: 8, Attempt: 1}
	second := named
	second.Seq = 12
	exact := named
	exact.If, exact.Version = wire.IfVersion, 42
	counted := named
	counted.TTL = 0 // Incr takes none
	for _, c := range []struct {
		method string
		o      wire.Options
		params func(o wire.Options) []byte
		want   string // the answer, as a msgpack
	}{
		{wire.MethodPut, exact, func(o wire.Options) []byte { return wire.AppendPut(nil, key, value, o) }, string(wire.AppendUint(nil, 42))},
		{wire.MethodIncr, counted, func(o wire.Options) []byte { return wire.AppendIncr(nil, key, -3, o) }, string(wire.AppendInt(nil, 97))},
		{wire.MethodGetSet, named, func(o wire.Options) []byte { return wire.AppendGetSet(nil, key, []byte("w"), o) }, string(wire.AppendBin(nil, value))},
		{wire.MethodGetSet, second, func(o wire.Options) []byte { return wire.AppendGetSet(nil, []byte("new"), value, o) }, string(wire.AppendNil(nil))},
		{wire.MethodGet, wire.Options{WithVersion: true}, func(o wire.Options) []byte { return wire.AppendGet(nil, key, o) }, string(wire.AppendVersionedResult(nil, []byte("w"), 42, true))},
		{wire.MethodGet, wire.Options{WithVersion: true}, func(o wire.Options) []byte { return wire.AppendGet(nil, []byte("none"), o) }, string(wire.AppendNil(nil))},
		{wire.MethodGet, wire.Options{WithLeft: true}, func(o wire.Options) []byte { return wire.AppendGet(nil, key, o) }, string(wire.AppendLeftResult(nil, []byte("w"), 42, time.Minute, true))},
		{wire.MethodMPut, several, func(o wire.Options) []byte {
			return wire.AppendMPut(nil, []wire.Pair{{Key: key, Value: value}, {Key: []byte("l")}}, o)
		}, ""},
		{wire.MethodMDel, several, func(o wire.Options) []byte {
			return wire.AppendMDel(nil, [][]byte{key, []byte("l")}, o)
		}, ""},
	} {
		t.Run(c.method, func(t *testing.T) {
			var got []byte
			err := conn.Call(t.Context(), c.method, func(buf []byte) []byte { return append(buf, c.params(c.o)...) }, func(d *wire.Decoder) error {
				got = bytes.Clone(d.Raw())
				return d.Err()
			})
			require.NoError(t, err)
			if c.want != "" {
				require.Equal(t, c.want, string(got))
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			came := w.options[len(w.options)-1]
			came.Epoch = 0 // between the proxy and the owner
			came.Attempt, c.o.Attempt = max(came.Attempt, 1), max(c.o.Attempt, 1)
			require.Equal(t, c.o, came)
		})
	}
	err = conn.Call(t.Context(), wire.MethodPut, func(buf []byte) []byte { return wire.AppendPut(buf, key, value, wire.Options{If: wire.IfAbsent}) }, nil)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeCondition})

	_, err = proxied(t, m).Put(t.Context(), "k", value)
	require.NoError(t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	require.NotZero(t, w.options[len(w.options)-1].Client, "a client's write has its name through the proxy, too")
}

func TestTheProxyRefusesWhatAWorkerWould(t *testing.T) {
	m := startMaster(t, config(t))
	pool := rpcclient.NewPool(rpcclient.Config{})
	defer pool.Close()
	conn, err := pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	call := func(method string, params []byte) error {
		return conn.Call(t.Context(), method, func(buf []byte) []byte { return append(buf, params...) }, nil)
	}
	empty := &wire.Error{Code: wire.CodeEmptyKey}
	require.ErrorIs(t, call(wire.MethodGet, wire.AppendGet(nil, nil, wire.Options{})), empty)
	require.ErrorIs(t, call(wire.MethodPut, wire.AppendPut(nil, nil, nil, wire.Options{})), empty)
	long := make([]byte, wire.MaxKey+1)
	require.ErrorIs(t, call(wire.MethodGet, wire.AppendGet(nil, long, wire.Options{})), &wire.Error{Code: wire.CodeTooLarge})
	for _, method := range []string{
		wire.MethodGet, wire.MethodPut, wire.MethodDel, wire.MethodMGet, wire.MethodMPut, wire.MethodMDel, wire.MethodKeys,
		wire.MethodOwner, wire.MethodView, wire.MethodReport, wire.MethodChange, wire.MethodDrain,
		wire.MethodReplicas, wire.MethodReset, wire.MethodIncr, wire.MethodGetSet,
	} {
		require.ErrorIs(t, call(method, []byte{0x91, 0xc0}), &wire.Error{Code: wire.CodeBadRequest}, method)
	}
	// Nobody is there to hold anything: that is said at once.
	require.ErrorIs(t, call(wire.MethodGet, wire.AppendGet(nil, []byte("k"), wire.Options{})), client.ErrNoWorkers)
	require.ErrorIs(t, call(wire.MethodOwner, wire.AppendOwner(nil, []byte("k"))), client.ErrNoWorkers)
}

// A call that comes between a worker's arrival and the birth waits for it.
func TestCallsWaitForTheBirth(t *testing.T) {
	m := startMaster(t, config(t))
	w := muteWorker(t, "w1", m.GossipAddr(), 0, nil)
	eventually(t, func() bool { return len(workersOf(m.gossip.Members())) == 1 }, "the master sees w1")
	v, _, _, _ := m.front.view()
	require.Nil(t, v)
	cl, answer := proxied(t, m), make(chan error, 1)
	go func() {
		_, err := cl.Get(t.Context(), "k")
		answer <- err
	}()
	eventually(t, func() bool { return blockedOn("(*front).awaitView") == 1 }, "the call waits")
	require.Empty(t, answer)
	w.speak()
	require.ErrorIs(t, <-answer, client.ErrNotFound)
}

// Many keys in a small frame take room that is counted, and where there is none the
// call is refused before it has done anything.
func TestTheProxyCountsTheItemsOfABatch(t *testing.T) {
	cfg := config(t)
	cfg.Server.Budget = wire.NewBudget(1 << 20)
	m := startMaster(t, cfg)
	pool := rpcclient.NewPool(rpcclient.Config{})
	defer pool.Close()
	conn, err := pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	keys := slices.Repeat([][]byte{[]byte("k")}, 30_000)
	pairs := slices.Repeat([]wire.Pair{{Key: []byte("k")}}, 30_000)
	calls := map[string][]byte{
		wire.MethodMGet: wire.AppendMGet(nil, keys, wire.Options{}), wire.MethodMDel: wire.AppendMDel(nil, keys, wire.Options{}),
		wire.MethodMPut: wire.AppendMPut(nil, pairs, wire.Options{}), wire.MethodDel: wire.AppendDel(nil, keys...),
	}
	try := func(method string) error {
		return conn.Call(t.Context(), method, func(buf []byte) []byte { return append(buf, calls[method]...) }, nil)
	}
	for method := range calls {
		if err := try(method); err != nil { // nobody is there to hold anything
			require.ErrorIs(t, err, client.ErrNoWorkers, method)
		}
		eventually(t, func() bool { return cfg.Server.Budget.Used() == 0 }, "%s: it is given back", method)
	}
	require.True(t, cfg.Server.Budget.Acquire(700<<10)) // by others
	for method := range calls {
		require.ErrorIs(t, try(method), &wire.Error{Code: wire.CodeBusy}, method)
	}
}
