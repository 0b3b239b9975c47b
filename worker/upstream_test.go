package worker

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

func TestARelayedCallKeepsItsParametersItsResultAndItsError(t *testing.T) {
	s := newStub(t, map[string]rpcserver.Handler{
		wire.MethodDrain: func(_ context.Context, c *rpcserver.Call) {
			var req wire.DrainRequest
			if err := c.Body(&req); err != nil || req.Node != "w9" {
				c.Fail(wire.Errorf(wire.CodeUnknownNode, "who is %q?", req.Node))
				return
			}
			c.ReplyBody(&wire.DrainReply{Left: 5})
		},
		wire.MethodReplicas: func(_ context.Context, c *rpcserver.Call) { c.ReplyBody(&wire.ReplicasReply{Replicas: 3, Was: 2}) },
		wire.MethodReset:    func(_ context.Context, c *rpcserver.Call) { c.ReplyBody(&wire.ResetReply{Reset: []uint16{4}}) },
	})
	w := newTestWorker(t)
	serve(t, w)
	conn := dial(t, w.addr)
	drain := func(node string) (left int, err error) {
		var reply wire.DrainReply
		err = conn.CallBody(t.Context(), wire.MethodDrain, &wire.DrainRequest{Node: node}, &reply)
		return reply.Left, err
	}
	_, err := drain("w9")
	require.ErrorIs(t, err, errNoMaster)

	w.lastMaster.Store(s.addr)
	left, err := drain("w9")
	require.NoError(t, err)
	require.Equal(t, 5, left)
	var replicas wire.ReplicasReply
	require.NoError(t, conn.CallBody(t.Context(), wire.MethodReplicas, &wire.ReplicasRequest{Replicas: 3}, &replicas))
	require.Equal(t, wire.ReplicasReply{Replicas: 3, Was: 2}, replicas)
	var reset wire.ResetReply
	require.NoError(t, conn.CallBody(t.Context(), wire.MethodReset, &wire.ResetRequest{AllLost: true}, &reset))
	require.Equal(t, []uint16{4}, reset.Reset)
	_, err = drain("w8")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeUnknownNode})

	w.lastMaster.Store(nowhere(t))
	_, err = drain("w9")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeUnavailable})

	w.lastMaster.Store(w.addr) // this node lives where a master once did
	_, err = drain("w9")
	require.ErrorIs(t, err, errNoMaster, "a call must not go round in circles")
}

// changeStub counts the calls of Change and fails them with err.
func changeStub(t *testing.T, err error) (*stub, *atomic.Int64) {
	calls := new(atomic.Int64)
	return newStub(t, map[string]rpcserver.Handler{wire.MethodChange: func(_ context.Context, c *rpcserver.Call) {
		calls.Add(1)
		if err != nil {
			c.Fail(err)
			return
		}
		c.ReplyBody(&wire.ChangeReply{Epoch: 9, Texts: []string{"no"}})
	}}), calls
}

func TestAChangeReachesTheRegisterThroughAnotherWorker(t *testing.T) {
	cutOff, _ := changeStub(t, errNoMaster)
	relays, relayed := changeStub(t, nil)
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), cutOff.addr, relays.addr))))
	for _, master := range []string{"", nowhere(t)} {
		w.lastMaster.Store(master)
		w.changes.ask(t.Context(), []placement.Change{{Kind: placement.Drop, Epoch: 1, Asker: w.incarnation, Node: 101}})
	}
	require.EqualValues(t, 2, relayed.Load())
	require.Len(t, w.follower.chase, 1, "the view that follows is fetched the same way")
}

func TestTheRegistersOwnAnswerStands(t *testing.T) {
	master, _ := changeStub(t, wire.Errorf(wire.CodeStale, "an old epoch"))
	peer, asked := changeStub(t, nil)
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), peer.addr))))
	w.lastMaster.Store(master.addr)
	w.changes.ask(t.Context(), []placement.Change{{Kind: placement.Drop}})
	require.Zero(t, asked.Load())
}

// While the master is away every core asks again and again.
func TestWaitingChangesAreBounded(t *testing.T) {
	w := newTestWorker(t)
	for range 3 {
		for i := range 2 * maxChanges {
			w.changes.add([]placement.Change{{Kind: placement.Drop, Partition: placement.PartitionID(i), Epoch: 1}})
		}
	}
	batch := w.changes.take()
	require.Len(t, batch, maxChanges)
	seen := make(map[placement.Change]bool)
	for _, c := range batch {
		require.False(t, seen[c])
		seen[c] = true
	}
	require.Empty(t, w.changes.take())
}

// viewStub serves a view, or fails with err.
func viewStub(t *testing.T, v *placement.View, err error) (*stub, *atomic.Int64) {
	calls := new(atomic.Int64)
	return newStub(t, map[string]rpcserver.Handler{wire.MethodView: func(_ context.Context, c *rpcserver.Call) {
		calls.Add(1)
		if err != nil {
			c.Fail(err)
			return
		}
		c.ReplyBody(replyWith(v))
	}}), calls
}

// Cut off from the master, a worker learns of views from the others.
func TestAnotherWorkersViewWillDo(t *testing.T) {
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	next := testView(t, w, 7)
	next.Epoch = 5
	peer, _ := viewStub(t, next, nil)
	first := withPeers(testView(t, w, 7), peer.addr)
	next.Nodes = first.Nodes
	require.NoError(t, w.follower.adopt(replyWith(first)))
	w.lastMaster.Store(nowhere(t))
	loops(w, w.follower.run, w.follower.runChase)
	eventually(t, "the peer's view is adopted", func() bool { return w.view().Epoch == 5 })
}

func TestAPeerThatIsAheadIsAskedItself(t *testing.T) {
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	next := testView(t, w, 7)
	next.Epoch = 5
	ahead, _ := viewStub(t, next, nil)
	master, asked := viewStub(t, nil, errNoView)
	first := withPeers(testView(t, w, 7), ahead.addr)
	next.Nodes = first.Nodes
	require.NoError(t, w.follower.adopt(replyWith(first)))
	w.lastMaster.Store(master.addr)
	require.NoError(t, w.follower.fetch(t.Context(), 101))
	require.EqualValues(t, 5, w.view().Epoch)
	require.Zero(t, asked.Load())
	require.NoError(t, w.follower.fetch(t.Context(), 0), "the master does not help; the peer has nothing newer")
	require.EqualValues(t, 1, asked.Load())
}

// A master with too many polls answers each at once.
func TestAMasterThatLetsNobodyWaitIsNotPolledInATightLoop(t *testing.T) {
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	v := testView(t, w, 7)
	require.NoError(t, w.follower.adopt(replyWith(v)))
	asked := new(atomic.Int64)
	master := newStub(t, map[string]rpcserver.Handler{wire.MethodView: func(_ context.Context, c *rpcserver.Call) {
		asked.Add(1)
		c.ReplyBody(&wire.ViewReply{MasterID: uint64(v.MasterID), Epoch: uint64(v.Epoch)})
	}})
	w.lastMaster.Store(master.addr)
	began := time.Now()
	loops(w, w.follower.run)
	eventually(t, "three polls", func() bool { return asked.Load() >= 3 })
	require.GreaterOrEqual(t, time.Since(began), 2*reportEvery)
}

// A master whose view may not be adopted yet answers every poll at once.
func TestAnUnheardMasterIsNotPolledInATightLoop(t *testing.T) {
	w := newTestWorker(t)
	w.addr = "127.0.0.1:1"
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	later := placement.NewMasterID(1, 8)
	w.follower.forswear(later)
	next := testView(t, w, later)
	next.Epoch = 9
	master, asked := viewStub(t, next, nil)
	w.lastMaster.Store(master.addr)
	began := time.Now()
	loops(w, w.follower.run)
	eventually(t, "three polls", func() bool { return asked.Load() >= 3 })
	require.GreaterOrEqual(t, time.Since(began), 2*reportEvery)
	w.follower.heard(later)
	eventually(t, "the view is adopted", func() bool { return w.view().MasterID == later })
}

// What a worker makes of the answers of masters that are, or are not, its own.
func TestWhichMasterIsAskedNext(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	followed, _ := w.follower.following()
	mine, none := wire.ViewReply{MasterID: uint64(followed)}, wire.ViewReply{}
	at := func() string { known, _ := w.lastMaster.Load().(string); return known }
	require.Empty(t, w.ownMaster(), "it has a view, and has not met its master")

	w.follower.judge("stranger", &none, errOtherMaster)
	w.follower.judge("silent", &none, errNoMaster)
	require.EqualValues(t, 2, w.masterTurn.Load(), "the next one is asked")
	require.Empty(t, at())
	w.follower.judge("own", &none, errUnheard)
	require.EqualValues(t, 2, w.masterTurn.Load())
	w.follower.judge("own", &mine, nil)
	require.Equal(t, "own", at())
	require.Equal(t, "own", w.ownMaster())
	w.follower.judge("own", &none, errNoMaster)
	require.Equal(t, "own", at(), "it is away for a while")
	w.follower.judge("own", &none, errOtherMaster)
	require.Empty(t, at(), "another one lives there now")
	require.EqualValues(t, 2, w.masterTurn.Load())
}
