package worker

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcserver"
	"pikv/wire"
)

// drainMaster returns a stub that answers a Drain with one after the other,
// the last for ever.
func drainMaster(t *testing.T, w *Worker, answers ...any) {
	t.Helper()
	var calls atomic.Int64
	s := newStub(t, map[string]rpcserver.Handler{wire.MethodDrain: func(_ context.Context, c *rpcserver.Call) {
		switch a := answers[min(int(calls.Add(1)), len(answers))-1].(type) {
		case error:
			c.Fail(a)
		case int:
			c.ReplyBody(&wire.DrainReply{Left: a})
		}
	}})
	w.lastMaster.Store(s.addr)
}

func holder(t *testing.T) *Worker {
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	return w
}

func TestDrainWaitsOutAMasterThatCannotYet(t *testing.T) {
	w := holder(t)
	drainMaster(t, w,
		wire.Errorf(wire.CodeBusy, "recovering"), wire.Errorf(wire.CodeShuttingDown, "stopping"),
		wire.Errorf(wire.CodeUnavailable, "away"), wire.Errorf(wire.CodeStale, "no view"), 2, 0)
	require.NoError(t, w.Drain(t.Context()))
}

func TestDrainGivesUpWhenRefused(t *testing.T) {
	w := holder(t)
	drainMaster(t, w, wire.Errorf(wire.CodeRefused, "the last worker"))
	require.ErrorContains(t, w.Drain(t.Context()), "the last worker")
}

func TestDrainSaysWhatIsLeftWhenTimeIsOver(t *testing.T) {
	w := holder(t)
	drainMaster(t, w, 3)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.Error(t, w.Drain(ctx))
	w.lastMaster.Store(nowhere(t))
	require.ErrorContains(t, w.Drain(ctx), "time is over")
}

// A worker that never got a share, or no view, may leave although the master
// does not answer or does not know it.
func TestWhoHoldsNothingNeedsNobodysLeave(t *testing.T) {
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	require.NoError(t, w.Drain(t.Context()), "no master is known")
	drainMaster(t, w, wire.Errorf(wire.CodeUnknownNode, "no worker is called w1"))
	require.NoError(t, w.Drain(t.Context()))
}

func TestLingerWaitsForClientsButNotForEver(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	p := &w.table.Load().partitions[3]
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w.linger(t.Context())
		require.Equal(t, lingerQuiet, time.Since(began), "nobody calls")

		began = time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for ctx.Err() == nil {
				p.mu.Lock()
				w.countLocked(p, reading, []byte("k"))
				p.mu.Unlock()
				sleep(ctx, lingerQuiet/2)
			}
		}()
		w.linger(ctx)
		require.Equal(t, lingerMax, time.Since(began), "a client that never learns")
		w.linger(ctx)
		cancel()
		began = time.Now()
		w.linger(ctx)
		require.Zero(t, time.Since(began), "time is over")
	})
}
