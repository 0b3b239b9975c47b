package master

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/rpcclient"
	"pikv/wire"
)

// errCut is what a connection ends with that was cut on purpose.
var errCut = errors.New("cut by the test")

// cutter dials connections of which it can cut the next one that brings an
// answer: the request has been taken, and nobody hears what came of it.
type cutter struct {
	armed atomic.Bool
	cuts  atomic.Int64
}

func (k *cutter) dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &cutConn{Conn: conn, cutter: k}, nil
}

type cutConn struct {
	net.Conn
	cutter *cutter
}

func (c *cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.cutter.armed.CompareAndSwap(true, false) {
		c.cutter.cuts.Add(1)
		_ = c.Conn.Close()
		return 0, errCut
	}
	return n, err
}

// Rule 11 through the proxy: the owner knows the caller's name, so a write that
// is sent again because the answer was lost on the way has one effect and the
// first one's outcome.
func TestAWriteRepeatedThroughTheProxyTakesEffectOnce(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	k := &cutter{}
	cl, err := client.New(t.Context(), []string{m.Addr()}, client.WithProxy(), client.WithTimeout(soon), client.WithDialer(k.dial))
	require.NoError(t, err)
	defer func() { require.NoError(t, cl.Close()) }()
	ctx := t.Context()

	// A cut may hit the answer to something else, a renewal of the view: go on
	// until so many writes were sent again.
	const repeated = 20
	sum := int64(100)
	for repeats(w) < repeated && sum < 100+10*repeated {
		k.armed.Store(true)
		got, err := cl.Incr(ctx, "counter", 1)
		require.NoError(t, err)
		sum++
		require.Equal(t, sum, got)
	}
	require.GreaterOrEqual(t, repeats(w), repeated)
	increments := int(sum - 100)

	k.armed.Store(true)
	_, existed, err := cl.GetSet(ctx, "k", []byte("first"))
	require.NoError(t, err)
	require.False(t, existed, "the repetition must not see what the first attempt wrote")
	k.armed.Store(true)
	old, existed, err := cl.GetSet(ctx, "k", []byte("second"))
	require.NoError(t, err)
	require.True(t, existed)
	require.Equal(t, "first", string(old))

	k.armed.Store(true)
	_, err = cl.MPut(ctx, []client.Pair{{Key: "a", Value: []byte("x")}, {Key: "b", Value: []byte("y")}})
	require.NoError(t, err)
	got, err := cl.MGet(ctx, []string{"a", "b"})
	require.NoError(t, err)
	require.Equal(t, "x", string(got[0].Value))
	require.Equal(t, "y", string(got[1].Value))
	k.armed.Store(true)
	gone, err := cl.MDel(ctx, []string{"a", "none", "b"})
	require.NoError(t, err)
	require.Equal(t, []client.DelResult{{Existed: true}, {}, {Existed: true}}, gone)

	require.GreaterOrEqual(t, k.cuts.Load(), int64(repeated))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.options {
		require.Equal(t, w.options[0].Client, o.Client, "one caller, one name")
	}
	require.Len(t, w.records, increments+2+2+3)
}

// repeats is how many of the attempts that reached the worker were not a write's
// first.
func repeats(w *fakeWorker) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.options {
		if o.Attempt > 1 {
			n++
		}
	}
	return n
}

// The owner's answer is lost between the two: the proxy sends the write again
// under the caller's name, and the caller notices nothing.
func TestTheProxyRepeatsUnderTheCallersName(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	k := &cutter{}
	inner, err := client.New(t.Context(), []string{m.Addr()}, client.WithTimeout(soon), client.WithDialer(k.dial))
	require.NoError(t, err)
	require.NoError(t, m.front.proxy.Swap(inner).Close()) // the master closes the new one
	pool := rpcclient.NewPool(rpcclient.Config{})
	defer func() { _ = pool.Close() }() // only dead connections can fail
	conn, err := pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	incr := func(seq uint64) (sum int64) {
		t.Helper()
		o := wire.Options{Client: 77, Seq: seq, Finished: seq - 1, Attempt: 1}
		err := conn.Call(t.Context(), wire.MethodIncr, func(buf []byte) []byte { return wire.AppendIncr(buf, []byte("counter"), 1, o) },
			func(d *wire.Decoder) error {
				sum = d.Int()
				return d.Err()
			})
		require.NoError(t, err)
		return sum
	}
	require.Equal(t, int64(101), incr(1)) // the proxy has its connection now
	for seq := uint64(2); seq <= 11; seq++ {
		k.armed.Store(true)
		require.Equal(t, int64(100+seq), incr(seq))
	}
	require.Positive(t, k.cuts.Load())
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Greater(t, len(w.options), 11, "some were sent again")
	require.Len(t, w.records, 11)
	for _, o := range w.options {
		require.Equal(t, uint64(77), o.Client)
	}
}
