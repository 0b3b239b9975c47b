package replica

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Leases and take-over: see "Leases" in DESIGN.md.

func TestNothingIsAnsweredWithoutALease(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	require.Equal(t, OK, l.answer("put").Status)
	l.mute(nodeB)
	l.get(nodeA, "get", "k")
	l.put(nodeA, "write", "k", "w")
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), If: IfAbsent, Tag: "condition"})
	l.pass(400 * time.Millisecond)
	for _, tag := range []string{"get", "write", "condition"} {
		l.open(tag)
	}
	delete(l.silent, nodeB)
	l.pass(20 * time.Millisecond)
	l.settle()
	require.Equal(t, "v", string(l.answer("get").Value))
	require.Equal(t, OK, l.answer("write").Status)
	require.Equal(t, ConditionFailed, l.answer("condition").Status)
}

// Schedule: A asks for the promotion of B and is cut off. The register takes
// it, B replaces A. So A needs B's lease from before it asks.
func TestLearnerThatMayBePromotedHasToGrantALease(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	require.True(t, l.cores[nodeA].Serves(l.now), "a learner that is being filled is not needed")
	l.settle()
	require.NotEmpty(t, l.asked(placement.Promote))
	l.mute(nodeB)
	l.get(nodeA, "get", "k")
	l.open("get")
}

func TestPromotionIsAskedForUnderALeaseOnly(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.mute(nodeB)
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	require.Empty(t, l.asked(placement.Promote), "reads would have to wait at once")
	require.True(t, l.cores[nodeA].Serves(l.now))
}

func TestSilentPrimaryIsReplaced(t *testing.T) {
	for name, vanish := range map[string]func(l *lab){
		"silent": func(l *lab) { l.pass(DefaultTiming().Silence + 20*time.Millisecond) },
		"gone": func(l *lab) {
			l.cores[nodeB].node.pairs.Pair(nodeA).SetGone()
			l.tick(nodeB)
		},
	} {
		l := newLab(t)
		l.pair()
		l.put(nodeA, "put", "k", "v")
		l.settle()
		l.down = nodeA
		vanish(l)
		want := placement.Change{Kind: placement.Replace, Epoch: 3, Asker: nodeB, Node: nodeB}
		require.Equal(t, []placement.Change{want}, l.asked(placement.Replace), name)

		next := config(4, nodeB, incs{nodeB})
		next.Replaced = true
		l.adopt(nodeB, next)
		l.get(nodeB, "get", "k")
		l.pass(DefaultTiming().Wait - 40*time.Millisecond)
		l.open("get")
		require.True(t, l.cores[nodeA].Serves(l.now), "A knows nothing, and serves while B's lease lasts")
		l.mute(nodeB)
		l.pass(60 * time.Millisecond)
		require.Equal(t, "v", string(l.answer("get").Value), name)
	}
}

func TestLivePrimaryIsNotReplaced(t *testing.T) {
	l := newLab(t)
	l.pair()
	for range 50 {
		l.heard = l.now
		l.pass(100 * time.Millisecond)
		l.settle()
	}
	require.Empty(t, l.asked(placement.Replace))
	require.Empty(t, l.asked(placement.Drop))
}

// Schedule: A has handed over to C and does not know that it was taken; B's
// request to replace C makes A primary. A was the primary in the last
// configuration that it knows, but C may be serving.
func TestPrimaryThatReplacesAnotherWaitsAlsoIfItWasOneBefore(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.adoptAll(config(3, nodeA, incs{nodeA, nodeB, nodeC}))
	next := config(5, nodeA, incs{nodeA, nodeB})
	next.Replaced = true
	l.adopt(nodeA, next)
	require.False(t, l.cores[nodeA].Serves(l.now))
	l.pass(DefaultTiming().Wait)
	require.True(t, l.cores[nodeA].Serves(l.now))

	after := config(6, nodeA, incs{nodeA})
	after.Replaced = true
	l.adopt(nodeA, after)
	require.False(t, l.cores[nodeA].Serves(l.now), "another may have been primary in between")
	l.pass(DefaultTiming().Wait)
	require.True(t, l.cores[nodeA].Serves(l.now))
}

func TestGrantCountsFromTheAskingOn(t *testing.T) {
	p := NewPair(1)
	require.False(t, p.Leased(10))
	require.False(t, p.Grant(1000, 1001, 100), "nobody has asked that yet")
	require.False(t, p.Grant(1000, 0, 100))
	require.False(t, p.Leased(1000))
	require.False(t, p.Grant(1000, 900, 100), "too late")
	require.True(t, p.Grant(1000, 950, 100))
	require.True(t, p.Leased(1049))
	require.False(t, p.Leased(1050))
	require.False(t, p.Grant(1010, 940, 100), "an earlier one, overtaken")
	require.True(t, p.Leased(1049))
	require.False(t, p.Grant(1040, 1000, 100), "longer, but it had not lapsed")
	require.True(t, p.Leased(1099))
}

func TestSilenceAndGone(t *testing.T) {
	p := NewPair(100)
	require.False(t, p.Silent(150, 50))
	require.True(t, p.Silent(151, 50))
	p.SetGone()
	require.True(t, p.Gone())
	p.Hear(160)
	require.False(t, p.Gone())
	require.False(t, p.Silent(200, 50))
}

func TestStandingCoversWhatWasTakenUp(t *testing.T) {
	var s Standing
	require.False(t, s.Covers(1, 1))
	s.Installed(1, 10)
	require.True(t, s.Covers(1, 10))
	require.False(t, s.Covers(1, 11))
	require.False(t, s.Covers(0, 1))
	s.Installed(1, 9)
	require.True(t, s.Covers(1, 10), "views may be taken up in any order")
	s.Installed(2, 2_000_001)
	require.True(t, s.Covers(2, 5), "an earlier view of the same register")
	require.True(t, s.Covers(1, 10), "a grantor that has not changed over yet")
	require.False(t, s.Covers(1, 11), "but may know of a change that was never taken up here")
	require.False(t, s.Covers(3, 1))
}

func TestBeatsKeepTheirFields(t *testing.T) {
	for _, b := range []Beat{
		{}, {Ask: 7}, {Grant: 9, Master: 1 << 63, View: 1 << 40, Room: 1 << 50, Keep: 1 << 40}, {Ask: 1 << 62, Grant: 1},
	} {
		got, rest, err := DecodeBeat(append(AppendBeat(nil, &b), "rest"...))
		require.NoError(t, err)
		require.Equal(t, b, got)
		require.Equal(t, "rest", string(rest))
	}
	for _, bad := range [][]byte{nil, {1}, {0xFF}, {1, 1}, {1, 1, 1, 1}, {0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1}} {
		_, _, err := DecodeBeat(bad)
		require.ErrorIs(t, err, ErrBadBatch)
	}
}

func FuzzDecodeBeat(f *testing.F) {
	f.Add(AppendBeat(nil, &Beat{Ask: 7, Grant: 9, Master: 3, View: 4, Room: 5, Keep: 6}))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, rest, err := DecodeBeat(data)
		if err != nil {
			return
		}
		if b.Ask < 0 || b.Grant < 0 || b.Room < 0 || b.Keep < 0 || len(rest) > len(data) {
			t.Fatal("a beat out of its bounds")
		}
	})
}

// Schedule: A is a primary with its lease, has read a frame of B's from the
// network, and sleeps. B replaces it, and somebody writes there. A wakes; a client
// reads at it, and is held, for the lease has lapsed. Only then is the frame
// handled, by the reading of the clock that belongs to it: it must not release
// what came later.
func TestAnOldReadingReleasesNoLaterRead(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "old")
	l.settle()
	read := l.now
	l.silent[nodeB] = true
	l.cores[nodeA].node.pairs.Pair(nodeB).until.Store(int64(read) + int64(10*time.Millisecond))
	l.cores[nodeB].acknowledge(&l.out)
	l.collect(nodeB)
	frame := l.mail[len(l.mail)-1].frame
	l.mail = nil

	l.now += store.Instant(5 * time.Second)
	next := config(4, nodeB, incs{nodeB})
	next.Replaced = true
	l.adopt(nodeB, next)
	l.now += store.Instant(time.Second)
	l.tick(nodeB)
	l.put(nodeB, "later", "k", "new")
	require.Equal(t, OK, l.answer("later").Status)

	l.get(nodeA, "get", "k")
	l.open("get")
	m := decode(frame)
	l.cores[nodeA].Receive(read, nodeB, &m, &l.out)
	l.collect(nodeA)
	l.open("get")
}
