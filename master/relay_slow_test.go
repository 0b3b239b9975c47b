package master

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/wire"
)

// Reads that an owner does not answer, however many, leave room for what workers say.
func TestSlowReadsLeaveRoomForTheCluster(t *testing.T) {
	cfg := config(t)
	cfg.Server.MaxSlowCalls = 8
	m := startMaster(t, cfg)
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	w.answerGet(func(context.Context, *rpcserver.Call) {}) // never
	defer w.stop()                                         // before the master, which would wait
	pool := rpcclient.NewPool(rpcclient.Config{})
	defer pool.Close()
	conn, err := pool.Get(t.Context(), m.Addr())
	require.NoError(t, err)
	refused := make(chan error, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range cap(refused) {
		go func() {
			refused <- conn.Call(ctx, wire.MethodGet, func(buf []byte) []byte { return wire.AppendGet(buf, []byte("k"), wire.Options{}) }, nil)
		}()
	}
	require.ErrorIs(t, <-refused, &wire.Error{Code: wire.CodeBusy})
	for range 20 {
		require.NoError(t, conn.CallBody(t.Context(), wire.MethodStatus, nil, nil))
	}
	for range 3 { // the worker is heard
		require.NoError(t, w.report(t.Context()))
	}
}
