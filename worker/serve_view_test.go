package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcserver"
	"pikv/wire"
)

func TestALongPollEndsWithTheNextView(t *testing.T) {
	w, conn := owner(t, Config{})
	var reply wire.ViewReply
	polled := make(chan error, 1)
	go func() {
		polled <- conn.CallBody(t.Context(), wire.MethodView, &wire.ViewRequest{MasterID: 7, Since: 1, WaitMS: 1 << 62}, &reply)
	}()
	eventually(t, "the poll waits", func() bool { return w.viewWaits.Load() == 1 })
	next := testView(t, w, 7)
	next.Epoch, next.Nodes[0].Addr = 2, "127.0.0.1:2"
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.NoError(t, <-polled)
	require.EqualValues(t, 2, reply.Epoch)
	eventually(t, "it is counted no more", func() bool { return w.viewWaits.Load() == 0 })

	// With too many of them the answer comes at once.
	w.viewWaits.Add(maxViewWaits)
	began := time.Now()
	require.NoError(t, conn.CallBody(t.Context(), wire.MethodView, &wire.ViewRequest{MasterID: 7, Since: 2, WaitMS: 10_000}, &reply))
	require.Empty(t, reply.Delta)
	require.Less(t, time.Since(began), maxViewWait/2)
	w.viewWaits.Add(-maxViewWaits)
}

// Polls must not hold up a worker that stops.
func TestCloseEndsLongPolls(t *testing.T) {
	w, conn := owner(t, Config{})
	polled := make(chan error, 1)
	go func() {
		polled <- conn.CallBody(t.Context(), wire.MethodView, &wire.ViewRequest{MasterID: 7, Since: 1, WaitMS: 10_000}, nil)
	}()
	eventually(t, "the poll waits", func() bool { return w.viewWaits.Load() == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), patience/2)
	defer cancel()
	require.NoError(t, w.Close(ctx))
	require.NoError(t, <-polled)
}

func TestStatusAndMembersWithoutAMaster(t *testing.T) {
	_, conn := owner(t, Config{Version: "v9"})
	var status wire.StatusReply
	require.NoError(t, conn.CallBody(t.Context(), wire.MethodStatus, nil, &status))
	require.Equal(t, "v9", status.Version)
	require.Equal(t, 16, status.Partitions)
	require.Equal(t, 16, status.Synced)
	require.NoError(t, conn.CallBody(t.Context(), wire.MethodMembers, nil, new(wire.MembersReply)))
}

// TestStatusWhileTheMasterHangs: a client waits two seconds for a worker, and so
// must have this worker's own answer before.
func TestStatusWhileTheMasterHangs(t *testing.T) {
	hang := func(ctx context.Context, _ *rpcserver.Call) { <-ctx.Done() }
	m := newStub(t, map[string]rpcserver.Handler{wire.MethodStatus: hang, wire.MethodMembers: hang})
	w, conn := owner(t, Config{})
	w.lastMaster.Store(m.addr)
	inTime := func(method string, reply any) {
		t.Helper()
		var err error
		for range 3 { // a busy machine may be late once
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			err = conn.CallBody(ctx, method, nil, reply)
			cancel()
			if err == nil {
				return
			}
		}
		require.NoError(t, err)
	}
	var status wire.StatusReply
	inTime(wire.MethodStatus, &status)
	require.Equal(t, "w1", status.Node)
	inTime(wire.MethodMembers, new(wire.MembersReply))
}
