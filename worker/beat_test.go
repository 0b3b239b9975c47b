package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcserver"
	"pikv/store"
	"pikv/wire"
)

// pair returns two workers that serve, share a view, and ask each other
// for leases.
func pair(t *testing.T, timing replica.Timing) (a, b *Worker) {
	t.Helper()
	a, b = unserved(t, timing)
	serve(t, a)
	serve(t, b)
	share(t, a, b)
	loops(a, a.runTicks)
	loops(b, b.runTicks)
	return a, b
}

func unserved(t *testing.T, timing replica.Timing) (a, b *Worker) {
	t.Helper()
	return newWorkerOf(t, Config{Name: "a", Timing: timing}), newWorkerOf(t, Config{Name: "b", Timing: timing})
}

// sharedView returns a view in which both are in sync for every partition and
// each is primary of half of them, a of the even ones.
func sharedView(t *testing.T, a, b *Worker) *placement.View {
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
	return v
}

// share gives two workers such a view.
func share(t *testing.T, a, b *Worker) {
	t.Helper()
	v := sharedView(t, a, b)
	require.NoError(t, a.follower.adopt(replyWith(v)))
	require.NoError(t, b.follower.adopt(replyWith(v)))
}

// quick is a timing for tests: fast, but with room for a busy machine.
func quick() replica.Timing {
	return replica.Timing{
		Retry: 200 * time.Millisecond, AskIn: 50 * time.Millisecond, Silence: 900 * time.Millisecond,
		Beat: 50 * time.Millisecond, Lease: 600 * time.Millisecond, Wait: 700 * time.Millisecond,
	}
}

// unhurried is quick, but nobody is given up for silence: what happens, happens
// for another reason.
func unhurried() replica.Timing {
	timing := quick()
	timing.Silence = time.Hour
	return timing
}

// asked returns how many requests of a kind wait for the register.
func asked(w *Worker, kind placement.ChangeKind, node placement.Incarnation) (n int) {
	w.changes.mu.Lock()
	defer w.changes.mu.Unlock()
	for _, c := range w.changes.mu.waiting {
		if c.Kind == kind && c.Node == node {
			n++
		}
	}
	return n
}

func leased(w, peer *Worker) bool { return w.links.Pair(peer.incarnation).Leased(w.now()) }

func TestALivePeerIsNotReplaced(t *testing.T) {
	a, b := pair(t, quick())
	eventually(t, "both have each other's lease", func() bool { return leased(a, b) && leased(b, a) })
	start := a.now()
	eventually(t, "twice the silence passes", func() bool {
		return a.now()-start > 2*store.Instant(quick().Silence)
	})
	require.Empty(t, a.changes.take(), "both live, though nobody writes")
	require.Empty(t, b.changes.take())
	eventually(t, "and there is nothing to do", a.actives.empty)
}

// Its port is closed: that is no matter of silence.
func TestADeadPeerIsReplacedAtOnce(t *testing.T) {
	a, b := pair(t, unhurried())
	eventually(t, "both have each other's lease", func() bool { return leased(a, b) && leased(b, a) })
	b.Abort()
	eventually(t, "the dead one is replaced, and dropped", func() bool {
		return asked(a, placement.Replace, a.incarnation) == 8 && asked(a, placement.Drop, b.incarnation) == 8
	})
}

// A peer that says nothing, on connections that live.
func TestASilentPeerIsReplacedAfterItsSilence(t *testing.T) {
	a, b := unserved(t, quick())
	serve(t, a)
	b.addr = newFakePeer(t).ln.Addr().String()
	require.NoError(t, a.follower.adopt(replyWith(sharedView(t, a, b)))) // b itself never hears of it
	began := a.now()
	loops(a, a.runTicks)
	eventually(t, "it is replaced", func() bool { return asked(a, placement.Replace, a.incarnation) > 0 })
	require.GreaterOrEqual(t, a.now()-began, store.Instant(quick().Silence)/2)
	require.False(t, leased(a, b))
}

// Who sleeps hears nothing, and may not blame the others for that.
func TestAWorkerThatSleptAccusesNobody(t *testing.T) {
	w := newTestWorker(t)
	sleep := frozen(w)
	k, peer := besideAFakePeer(t, w)
	answer(k)
	require.True(t, leasedFrom(k))
	sleep(10 * time.Second)
	require.False(t, leasedFrom(k), "the lease has run out meanwhile")
	require.True(t, k.pair.Silent(w.now(), w.cfg.Timing.Silence))
	w.links.excuse(w.now())
	w.links.judge(w.now())
	require.Empty(t, w.changes.take())
	before := len(peer.beats.list())
	eventually(t, "it asks again", func() bool { w.beat(w.now()); return len(peer.beats.list()) > before })
	answer(k)
	require.True(t, leasedFrom(k), "it is renewed")
}

// besideAFakePeer makes a worker share a partition with a peer that answers only
// by hand: see answer.
func besideAFakePeer(t *testing.T, w *Worker) (*link, *fakePeer) {
	t.Helper()
	peer := newFakePeer(t)
	v := withPeers(testView(t, w, 7), peer.ln.Addr().String())
	v.Partitions[0].InSync = sorted([]placement.Incarnation{w.incarnation, 101})
	require.NoError(t, w.follower.adopt(replyWith(v)))
	return w.links.get(101), peer
}

// answer is the peer's answer to a question of now.
func answer(k *link) {
	now := k.w.now()
	k.pair.Hear(now)
	k.beat(now, &replica.Beat{Grant: now, Master: 7, View: 1, Room: 1})
}

func leasedFrom(k *link) bool { return k.pair.Leased(k.w.now()) }

// Both ask, and an answer that asks for an answer would go to and fro as fast
// as the network allows.
func TestBeatsDoNotMultiply(t *testing.T) {
	a, b := pair(t, replica.DefaultTiming())
	beat := a.cfg.Timing.Beat
	eventually(t, "beats flow", func() bool { return a.server.Stats().Notifications > 10 && b.server.Stats().Notifications > 10 })
	began := time.Now()
	before := a.server.Stats().Notifications
	const beats = 6
	eventually(t, "some beats pass", func() bool { return time.Since(began) >= beats*beat })
	got := a.server.Stats().Notifications - before
	require.LessOrEqual(t, got, int64(3*(time.Since(began)/beat+1)), "a question and an answer, and a question on the way")
	require.Positive(t, got)
}

// A large value takes long on a slow network. What waits behind it must not
// make either side believe that the other is dead, nor send it all again.
func TestBeatsPassALargeValue(t *testing.T) {
	timing := replica.DefaultTiming()
	timing.Silence = time.Hour // it grants nothing, and is not to be given up for that
	w := newWorkerOf(t, Config{Name: "w1", Timing: timing})
	peer := newFakePeer(t)
	v := withPeers(testView(t, w, 7), peer.ln.Addr().String())
	v.Partitions[0].Learners = []placement.Incarnation{101}
	require.NoError(t, w.follower.adopt(replyWith(v)))
	loops(w, w.runTicks)
	for n := replica.Number(1); n <= 4; n++ {
		w.links.send(101, entryMessage(n, 16<<20)) // far more than a socket's buffers hold
	}
	eventually(t, "the value is on its way", func() bool { return len(peer.conns.list()) >= 2 })
	before := len(peer.beats.list())
	eventually(t, "beats go on", func() bool { return len(peer.beats.list()) >= before+5 })
	require.True(t, w.links.crowded(101), "the value has not left this node")

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
	d := newDoor(t)
	b.addr = d.addr
	share(t, a, b)
	loops(a, a.runTicks)
	k := a.links.get(b.incarnation)
	eventually(t, "the first messages are lost", k.lost.Load)

	b.server.Start(d.open(t))
	loops(b, b.runTicks)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, dial(t, a.addr).Call(ctx, wire.MethodPut, func(buf []byte) []byte {
		return wire.AppendPut(buf, keyOf(t, a, 0), []byte("v"), wire.Options{})
	}, nil))
}

// A node that restarts within the silence is another one: nobody waits for it.
func TestAnotherRunAtThePeersAddress(t *testing.T) {
	timing := replica.DefaultTiming()
	timing.Silence = time.Hour
	a, b := unserved(t, timing)
	serve(t, a)
	d := newDoor(t)
	b.addr = d.addr
	b.server.Start(d.open(t))
	share(t, a, b)
	loops(a, a.runTicks)
	loops(b, b.runTicks)
	eventually(t, "a has the lease", func() bool { return leased(a, b) })
	b.Abort()
	again := newWorkerOf(t, Config{Name: "b"})
	again.addr = d.addr
	again.server.Start(d.open(t))
	eventually(t, "it is replaced, and dropped", func() bool {
		return asked(a, placement.Replace, a.incarnation) == 8 && asked(a, placement.Drop, b.incarnation) == 8
	})
	require.True(t, a.links.Pair(b.incarnation).Gone())
}

// A connection that breaks, with the process alive, is made again.
func TestABrokenConnectionIsMadeAgain(t *testing.T) {
	a, b := pair(t, replica.DefaultTiming())
	eventually(t, "leases", func() bool { return leased(a, b) && leased(b, a) })
	for range 3 {
		k := a.links.get(b.incarnation)
		cut := a.now()
		k.urgent.cut()
		k.bulk.cut()
		before := b.server.Stats().Notifications
		eventually(t, "beats go on", func() bool { return b.server.Stats().Notifications > before+3 })
		eventually(t, "and are answered", func() bool { return k.pair.Leased(cut + store.Instant(a.cfg.Timing.Lease)) })
		require.False(t, k.pair.Gone())
	}
}

// Clients that have taken all connections and all bytes in flight must not
// keep replicas from each other.
func TestClientsCannotStarveReplication(t *testing.T) {
	cfg := Config{Server: rpcserver.DefaultConfig()}
	cfg.Server.MaxConns = 2
	cfg.Server.Budget = wire.NewBudget(8 << 20)
	budget := cfg.Server.Budget
	cfg.Name = "b"
	a, b := newWorkerOf(t, Config{Name: "a"}), newWorkerOf(t, cfg)
	serve(t, a)
	serve(t, b)
	for range 2 {
		require.Error(t, dial(t, b.addr).Call(t.Context(), "Nothing", nil, nil))
	}
	require.True(t, budget.Acquire(8<<20))
	share(t, a, b)
	loops(a, a.runTicks)
	loops(b, b.runTicks)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, dial(t, a.addr).Call(ctx, wire.MethodPut, func(buf []byte) []byte {
		return wire.AppendPut(buf, keyOf(t, a, 0), make([]byte, 9<<20), wire.Options{}) // more than b would take of a client
	}, nil))
	require.GreaterOrEqual(t, b.server.Stats().Peers, int64(2))
}
