package master

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/wire"
)

// crowdedMaster is a master of one worker, with others in its budget: left of it is free.
func crowdedMaster(t *testing.T, cfg Config, left int64) (*Master, *fakeWorker) {
	t.Helper()
	cfg.Server.Budget = wire.NewBudget(1 << 20)
	m := startMaster(t, cfg)
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	_, err := proxied(t, m).Put(t.Context(), "k", []byte("small")) // the master has its connection now
	require.NoError(t, err)
	eventually(t, func() bool { return cfg.Server.Budget.Used() == 0 }, "the budget is whole")
	require.True(t, cfg.Server.Budget.Acquire(1<<20-left))
	return m, w
}

// oneConn is a listener with one connection, whose kernel keeps nothing for who does
// not read.
type oneConn struct {
	net.Listener // nil
	conns        chan net.Conn
	once         sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	l.once.Do(func() { close(l.conns) })
	return nil
}

// piped returns a connection to another door of the master.
func piped(t *testing.T, m *Master, cfg rpcserver.Config) (net.Conn, *rpcserver.Server) {
	t.Helper()
	s := rpcserver.New(cfg)
	m.front.attach(s)
	near, far := net.Pipe()
	ln := &oneConn{conns: make(chan net.Conn, 1)}
	ln.conns <- far
	s.Start(ln)
	require.NoError(t, near.SetDeadline(time.Now().Add(soon)))
	t.Cleanup(func() {
		near.Close()
		require.NoError(t, s.Close(context.Background()))
	})
	return near, s
}

// Small results are not counted, as long as they are read: calls that are under way
// already are no way around what may wait for one who reads nothing.
func TestRelayedResultsThatNobodyTakesAreBounded(t *testing.T) {
	const n = 512
	m, w := crowdedMaster(t, config(t), 100*n) // for the requests
	value := bytes.Repeat([]byte("v"), freeRelay-100)
	asked := make(chan *rpcserver.Call, 4*n) // some may be asked again
	w.answerGet(func(_ context.Context, c *rpcserver.Call) { asked <- c })
	conn, s := piped(t, m, m.front.cfg.Server)
	var all []byte
	for id := range uint32(n) {
		all = append(wire.AppendRequest(all, id, wire.MethodGet), wire.AppendGet(nil, []byte("k"), wire.Options{})...)
	}
	_, err := conn.Write(all)
	require.NoError(t, err)
	// None is answered until all are asked for: whoever has much unread is not read on.
	eventually(t, func() bool { return len(asked) >= n }, "all are asked for")
	eventually(t, func() bool {
		for len(asked) > 0 {
			(<-asked).Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, true) })
		}
		return s.Stats().InFlight == 0
	}, "all are answered")
	frames, taken := wire.NewFrameReader(conn, wire.DefaultLimits(), nil), 0
	for range n {
		frame, _, err := frames.ReadFrame(nil)
		require.NoError(t, err, "after %d results", taken)
		reply, err := wire.ParseMessage(frame)
		require.NoError(t, err)
		if reply.Err == nil {
			taken++
			continue
		}
		require.Equal(t, wire.CodeBusy, wire.DecodeError(wire.NewDecoder(reply.Err)).Code)
	}
	t.Logf("%d of %d results were kept", taken, n)
	require.Positive(t, taken)
	require.Less(t, taken, n/2, "the others were kept without being counted")
}

// One who reads what little it asks for is served, whatever others leave unread: by the
// relay, beside it, and where the old value comes back.
func TestSmallResultsNeedNoRoom(t *testing.T) {
	m, w := crowdedMaster(t, config(t), 0)
	pool := rpcclient.NewPool(rpcclient.Config{})
	defer pool.Close()
	conn, err := pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	got := func(method string, params []byte) string {
		t.Helper()
		var value []byte
		require.NoError(t, conn.Call(t.Context(), method, func(buf []byte) []byte { return append(buf, params...) }, func(d *wire.Decoder) error {
			var err error
			value, _, err = wire.DecodeGetResult(d)
			value = bytes.Clone(value)
			return err
		}))
		return string(value)
	}
	get := wire.AppendGet(nil, []byte("k"), wire.Options{})
	require.Equal(t, "small", got(wire.MethodGet, get))
	require.Equal(t, "small", got(wire.MethodGetSet, wire.AppendGetSet(nil, []byte("k"), []byte("next"), wire.Options{Client: 7, Seq: 1, Attempt: 1})))
	var once sync.Once
	w.answerGet(func(_ context.Context, c *rpcserver.Call) {
		refused := false
		once.Do(func() { refused = true })
		if refused {
			c.Fail(wire.Errorf(wire.CodeBusy, "not now"))
			return
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, []byte("again"), true) })
	})
	require.Equal(t, "again", got(wire.MethodGet, get))
}
