package worker

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// pair returns two workers that serve and share a view.
func pair(t *testing.T, timing replica.Timing) (a, b *Worker) {
	t.Helper()
	a, b = unserved(t, timing)
	serve(t, a)
	serve(t, b)
	share(t, a, b)
	return a, b
}

func unserved(t *testing.T, timing replica.Timing) (a, b *Worker) {
	t.Helper()
	return newWorkerOf(t, Config{Name: "a", Timing: timing}), newWorkerOf(t, Config{Name: "b", Timing: timing})
}

// share gives two workers a view in which both are in sync for every partition
// and each is primary of half of them.
func share(t *testing.T, a, b *Worker) {
	t.Helper()
	nodes := []placement.Node{{Incarnation: a.incarnation, Name: "a", Addr: a.addr}, {Incarnation: b.incarnation, Name: "b", Addr: b.addr}}
	target := make([][]string, 16)
	for i := range target {
		target[i] = []string{[]string{"a", "b"}[i%2]}
	}
	v, err := placement.NewView("pikv", 7, 2, nodes, target)
	require.NoError(t, err)
	both := []placement.Incarnation{min(a.incarnation, b.incarnation), max(a.incarnation, b.incarnation)}
	for i := range v.Partitions {
		v.Partitions[i].InSync = both
	}
	require.NoError(t, a.follower.adopt(replyWith(v)))
	require.NoError(t, b.follower.adopt(replyWith(v)))
}

func quick() replica.Timing {
	return replica.Timing{Retry: 200 * time.Millisecond, AskIn: 50 * time.Millisecond, Silence: 400 * time.Millisecond}
}

// dropsAsked returns how many requests to drop a peer wait for the register.
func dropsAsked(w *Worker, peer placement.Incarnation) (n int) {
	w.changes.mu.Lock()
	defer w.changes.mu.Unlock()
	for _, c := range w.changes.mu.waiting {
		if c.Kind == placement.Drop && c.Node == peer {
			n++
		}
	}
	return n
}

func TestASilentPeerIsDroppedAndALiveOneIsNot(t *testing.T) {
	a, b := pair(t, quick())
	loops(a, a.runTicks)
	loops(b, b.runTicks)
	start := a.now()
	eventually(t, "twice the silence passes", func() bool {
		return a.now()-start > 2*store.Instant(quick().Silence)
	})
	require.Zero(t, dropsAsked(a, b.incarnation), "it lives, though nobody writes")
	require.Zero(t, dropsAsked(b, a.incarnation))
	b.Abort()
	eventually(t, "the dead one is dropped", func() bool { return dropsAsked(a, b.incarnation) > 0 })
}

// Both are primaries and want each other's heartbeats: an answer that asks
// for an answer would go to and fro as fast as the network allows.
func TestHeartbeatsDoNotMultiply(t *testing.T) {
	a, b := pair(t, replica.DefaultTiming())
	loops(a, a.runTicks)
	loops(b, b.runTicks)
	const beats = 6
	eventually(t, "heartbeats flow", func() bool { return a.server.Stats().Notifications > 10 })
	before, began := a.server.Stats().Notifications, time.Now()
	eventually(t, "some heartbeats pass", func() bool { return time.Since(began) >= beats*pingEvery })
	got := a.server.Stats().Notifications - before
	// Each heartbeat of either side makes two frames, one for each side.
	most := int64(4 * (time.Since(began)/pingEvery + 2))
	require.LessOrEqual(t, got, most)
	require.Positive(t, got)
}

// A large value takes long on a slow network. What waits behind it must not
// make either side believe that the other is dead, nor send it all again.
func TestHeartbeatsPassALargeValue(t *testing.T) {
	w := newTestWorker(t)
	peer := newFakePeer(t)
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), peer.ln.Addr().String()))))
	w.links.want(101, 1<<62)
	for n := replica.Number(1); n <= 4; n++ {
		w.links.send(101, entryMessage(n, 16<<20)) // far more than a socket's buffers hold
	}
	eventually(t, "the value is on its way", func() bool { return len(peer.conns.list()) == 2 })
	before := len(peer.beats.list())
	eventually(t, "heartbeats go on", func() bool { return len(peer.beats.list()) >= before+5 })
	require.False(t, w.links.Flushed(101), "the value has not left this node")
	require.True(t, w.links.crowded(101))

	began := time.Now()
	w.Abort() // a peer that never reads does not hold it up
	require.Less(t, time.Since(began), patience/2)
}

// What was lost while a peer could not be reached is sent again at once when it
// can, not only after the core's patience, which is an hour here.
func TestAMendedLinkMissesNothing(t *testing.T) {
	timing := replica.DefaultTiming()
	timing.Retry, timing.Silence = time.Hour, time.Hour
	a, b := unserved(t, timing)
	serve(t, a)
	b.addr = nowhere(t)
	share(t, a, b)
	loops(a, a.runTicks)
	k := a.links.get(b.incarnation)
	eventually(t, "the first messages are lost", k.lost.Load)

	ln, err := net.Listen("tcp", b.addr)
	require.NoError(t, err)
	b.server.Start(ln)
	loops(b, b.runTicks)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, dial(t, a.addr).Call(ctx, wire.MethodPut, func(buf []byte) []byte {
		return wire.AppendPut(buf, keyOf(t, a, 0), []byte("v"), wire.Options{})
	}, nil))
}
