package worker

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/testcluster/leaks"
	"pikv/wire"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// patience bounds every wait.
const patience = 30 * time.Second

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, patience, 5*time.Millisecond, what)
}

// newTestWorker returns a worker that is built but not started.
func newTestWorker(t *testing.T) *Worker {
	t.Helper()
	return newWorkerOf(t, Config{Name: "w1", MaxMemory: 1 << 20})
}

// testView returns a view of 16 partitions that this worker owns alone.
func testView(t testing.TB, w *Worker, id placement.MasterID) *placement.View {
	t.Helper()
	target := make([][]string, 16)
	for i := range target {
		target[i] = []string{w.Name()}
	}
	v, err := placement.NewView("pikv", id, 1, []placement.Node{{Incarnation: w.Incarnation(), Name: w.Name(), Addr: "127.0.0.1:1"}}, target)
	require.NoError(t, err)
	return v
}

func replyWith(v *placement.View) *wire.ViewReply {
	return &wire.ViewReply{MasterID: uint64(v.MasterID), Epoch: uint64(v.Epoch), Delta: placement.EncodeDelta(v.Since(0))}
}

// newWorkerOf returns a worker that is built but not started.
func newWorkerOf(t *testing.T, cfg Config) *Worker {
	t.Helper()
	w, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(w.Abort)
	return w
}

// serve opens a worker's RPC port without gossip and loops.
func serve(t *testing.T, w *Worker) {
	t.Helper()
	ln, err := socket.Listen("127.0.0.1", 0, socket.RPCPort)
	require.NoError(t, err)
	w.addr = ln.Addr().String()
	w.server.Start(ln)
}

// loops runs some of a worker's loops until it ends.
func loops(w *Worker, list ...func(context.Context)) {
	for _, loop := range list {
		w.loops.Go(func() { loop(w.ctx) })
	}
}

// stub is a node that answers as a test says.
type stub struct {
	*rpcserver.Server
	addr string
}

// newStub serves methods, each with a body in and out.
func newStub(t *testing.T, methods map[string]rpcserver.Handler) *stub {
	t.Helper()
	cfg := rpcserver.DefaultConfig()
	cfg.Linger = time.Millisecond
	s := &stub{Server: rpcserver.New(cfg)}
	for name, h := range methods {
		s.HandleSlow(name, h)
	}
	ln, err := socket.Listen("127.0.0.1", 0, socket.RPCPort)
	require.NoError(t, err)
	s.addr = ln.Addr().String()
	s.Start(ln)
	t.Cleanup(func() { closeNow(s.Server) })
	return s
}

func closeNow(s *rpcserver.Server) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Close(ended)
}

// nowhere is an address that refuses connections.
func nowhere(t *testing.T) string {
	t.Helper()
	return newDoor(t).addr
}

// dial returns a connection to addr.
func dial(t *testing.T, addr string) *rpcclient.Conn {
	t.Helper()
	conn, err := rpcclient.Dial(t.Context(), addr, rpcclient.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// record collects what happened, from many goroutines.
type record[T any] struct {
	mu  sync.Mutex
	all []T
}

func (r *record[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, v)
}

func (r *record[T]) list() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]T(nil), r.all...)
}

// withPeers adds nodes to a view, at the given addresses; their incarnations
// are 101, 102 and so on.
func withPeers(v *placement.View, addrs ...string) *placement.View {
	next := v.Clone()
	for i, addr := range addrs {
		next.Nodes = append(next.Nodes, placement.Node{
			Incarnation: placement.Incarnation(101 + i), Name: "x" + string(rune('a'+i)), Addr: addr,
		})
	}
	return next
}

func sorted(list []placement.Incarnation) []placement.Incarnation {
	slices.Sort(list)
	return list
}
