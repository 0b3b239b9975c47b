package worker

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/replica"
	"pikv/socket"
	"pikv/testcluster/own"
	"pikv/wire"
)

func loopback(t testing.TB, name string) Config {
	t.Helper()
	return Config{Name: name, Cluster: own.Cluster(t), Bind: "127.0.0.1", Profile: membership.ProfileLocal, MaxMemory: 8 << 20}
}

func TestAWorkerRunsOnce(t *testing.T) {
	w := newWorkerOf(t, loopback(t, "w1"))
	require.Nil(t, w.Failed())
	require.Empty(t, w.Addr()+w.GossipAddr())
	require.NoError(t, w.Start(t.Context()))
	require.NotEmpty(t, w.Addr())
	require.NotEmpty(t, w.GossipAddr())
	require.NotNil(t, w.Failed())
	require.ErrorIs(t, w.Start(t.Context()), errOnce)
	require.NoError(t, w.Close(t.Context()))
	require.NoError(t, w.Close(t.Context()))
	w.Abort()
	require.ErrorIs(t, w.Start(t.Context()), errOnce)
}

// Several workers may live in one process, one after another.
func TestAClosedWorkerGivesItsMemoryBack(t *testing.T) {
	for _, stop := range []func(w *Worker){(*Worker).Abort, func(w *Worker) { require.NoError(t, w.Close(t.Context())) }} {
		w := newTestWorker(t)
		require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
		op := replica.Op{Kind: replica.OpPut, Key: keyOf(t, w, 0), Value: []byte("v"), Tag: ignored{}}
		w.do(&w.table.Load().partitions[0], w.now(), &op)
		require.Positive(t, w.memory.Mapped())
		stop(w)
		require.Zero(t, w.memory.Mapped())
	}
}

func TestAWorkerThatWasClosedDoesNotStart(t *testing.T) {
	w := newWorkerOf(t, loopback(t, "w1"))
	require.NoError(t, w.Close(t.Context()))
	require.ErrorIs(t, w.Start(t.Context()), errOnce)
}

// portInUse expects an error that says that a port is taken, and which.
func portInUse(t *testing.T, flag socket.Flag, err error) {
	t.Helper()
	inUse, ok := errors.AsType[*socket.PortInUse](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, flag, inUse.Flag)
}

// goleak sees what a failed Start leaves behind.
func TestAFailedStartLeavesNothing(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	taken := ln.Addr().(*net.TCPAddr).Port

	cfg := loopback(t, "w1")
	cfg.RPCPort = taken
	portInUse(t, socket.RPCPort, newWorkerOf(t, cfg).Start(t.Context()))

	cfg = loopback(t, "w1")
	cfg.GossipPort = taken
	portInUse(t, socket.GossipPort, newWorkerOf(t, cfg).Start(t.Context()))

	cfg = loopback(t, "not a name")
	w := newWorkerOf(t, cfg)
	require.ErrorContains(t, w.Start(t.Context()), "name")
	_, err = net.DialTimeout("tcp", w.Addr(), time.Second)
	require.Error(t, err, "the port is closed again")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, newWorkerOf(t, loopback(t, "w1")).Start(ended), context.Canceled)
}

// A seed that takes the connection and says nothing keeps Start for seconds.
func TestCloseInterruptsStart(t *testing.T) {
	seed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer seed.Close()
	cfg := loopback(t, "w1")
	cfg.Join = []string{seed.Addr().String()}
	w := newWorkerOf(t, cfg)
	started := make(chan error, 1)
	go func() { started <- w.Start(t.Context()) }()
	conn, err := seed.Accept()
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, w.Close(t.Context()))
	require.Error(t, <-started)
}

// Close waits for an operation that is held; Abort ends the waiting.
func TestAbortCutsACloseShort(t *testing.T) {
	w := newTestWorker(t)
	serve(t, w)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	conn := dial(t, w.addr)
	answer := make(chan error, 1)
	go func() { // held: it names a later epoch than this worker knows
		answer <- conn.Call(t.Context(), wire.MethodGet, func(buf []byte) []byte {
			return wire.AppendGet(buf, []byte("key"), wire.Options{Epoch: 99})
		}, nil)
	}()
	p := &w.table.Load().partitions[placement.PartitionOf([]byte("key"), 16)]
	eventually(t, "the operation is held", func() bool { return len(w.actives.all()) == 1 && w.actives.all()[0] == p })
	closed := make(chan error, 1)
	go func() { closed <- w.Close(context.Background()) }()
	<-w.server.Stopping()
	require.Empty(t, closed, "it waits")
	w.Abort()
	require.ErrorIs(t, <-closed, context.Canceled)
	require.Error(t, <-answer)
}
