package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Logs after a take-over: see "Tails that differ" in DESIGN.md.

// trio makes A the primary of B and C, in epoch 3.
func (l *lab) trio() {
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB, nodeC))
	l.settle()
	l.adoptAll(config(3, nodeA, incs{nodeA, nodeB, nodeC}))
	l.settle()
	l.requests = nil
}

// replaced makes a node the primary in A's stead and lets the leases run out.
func (l *lab) replaced(epoch placement.Epoch, primary placement.Incarnation, inSync ...placement.Incarnation) {
	next := config(epoch, primary, inSync)
	next.Replaced = true
	l.down = nodeA
	for _, inc := range inSync {
		l.adopt(inc, next)
	}
	l.settle()
	l.pass(DefaultTiming().Wait)
}

// Schedule: A sends three entries to C and one of them to B, and dies. B takes
// over. What C alone has was never committed; what both have may have been.
func TestLeftOverEntriesMakeWay(t *testing.T) {
	l := newLab(t)
	l.trio()
	l.put(nodeA, "both", "both", "old")
	l.round()
	l.put(nodeA, "one", "k", "old")
	l.put(nodeA, "two", "l", "old")
	l.lose(nodeB)
	l.settle()
	require.Equal(t, Number(3), l.cores[nodeC].log.last)
	require.Equal(t, Number(1), l.cores[nodeB].log.last)

	l.replaced(4, nodeB, nodeB, nodeC)
	require.True(t, l.cores[nodeB].Serves(l.now))
	require.Equal(t, Number(1), l.cores[nodeC].log.last, "C has cut off what B never had")
	l.put(nodeB, "new", "k", "new")
	l.settle()
	require.Equal(t, OK, l.answer("new").Status)
	require.Empty(t, l.asked(placement.Drop), "nobody need be filled again")
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(2 * DefaultTiming().Retry)
	l.settle()
	for _, inc := range (incs{nodeB, nodeC}) {
		require.Equal(t, "old", l.stored(inc, "both"))
		require.Equal(t, "new", l.stored(inc, "k"))
		require.Empty(t, l.stored(inc, "l"))
	}
}

// Schedule: as before, but C hears of B's entries at the same numbers before it
// is told where B's log of earlier epochs ended, in any order, twice, and some
// of it late.
func TestLeftOverEntriesMakeWayInAnyOrder(t *testing.T) {
	for seed := range 50 {
		l := newLab(t)
		l.trio()
		for n := range 3 {
			l.put(nodeA, fmt.Sprint("old", n), "k", fmt.Sprint("old", n))
		}
		l.lose(nodeB)
		l.settle()
		l.replaced(4, nodeB, nodeB)
		next := config(5, nodeB, incs{nodeB, nodeC})
		l.adopt(nodeB, next)
		l.adopt(nodeC, next) // the register never took C out
		for n := range 4 {
			l.put(nodeB, fmt.Sprint("new", n), "k", fmt.Sprint("new", n))
		}
		for turn := range 400 {
			if len(l.mail) == 0 {
				break
			}
			i := (turn*7 + seed) % len(l.mail)
			next := l.mail[i]
			if (turn+seed)%3 > 0 || turn > 200 {
				l.mail = append(l.mail[:i:i], l.mail[i+1:]...)
			}
			l.deliver(next)
		}
		l.pass(DefaultTiming().Retry)
		l.settle()
		l.pass(DefaultTiming().Retry)
		l.settle()
		for n := range 4 {
			require.Equal(t, OK, l.answer(fmt.Sprint("new", n)).Status, "seed %d", seed)
		}
		require.Equal(t, "new3", l.stored(nodeC, "k"))
		require.Equal(t, l.cores[nodeB].log.last, l.cores[nodeC].log.last)
	}
}

// Schedule: a message of B that was sent before C took B's first entries comes
// late. C has acknowledged them, so they must stay.
func TestALateMessageCutsOffNothingOfItsOwnEpoch(t *testing.T) {
	l := newLab(t)
	l.trio()
	l.replaced(4, nodeB, nodeB, nodeC)
	m := Message{Kind: MsgAppend, Epoch: 4, Start: 0}
	l.put(nodeB, "put", "k", "v")
	l.settle()
	require.Equal(t, OK, l.answer("put").Status)
	l.cores[nodeC].Receive(l.now, nodeB, &m, &l.out)
	l.collect(nodeC)
	require.Equal(t, Number(1), l.cores[nodeC].log.last)
}

// A replica of an earlier life has nothing that counts.
func TestResetBeginsANewLife(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.put(nodeA, "open", "k", "w")
	l.lose(nodeB)
	next := config(9, nodeC, incs{nodeC})
	next.Replaced, next.Life = true, 1
	l.adoptAll(next)
	require.Equal(t, UnknownFate, l.answer("open").Status)
	l.mail = nil
	l.pass(DefaultTiming().Wait)
	l.put(nodeC, "new", "k", "new")
	require.Equal(t, Number(1)<<lifeBits+1, l.answer("new").Version, "no version comes twice")

	after := config(10, nodeC, incs{nodeC}, nodeB)
	after.Life = 1
	l.adoptAll(after)
	l.settle()
	require.Equal(t, "new", l.stored(nodeB, "k"))
	require.Zero(t, l.cores[nodeA].engine.Len())
}

// A backup of the earlier life that is one again, without having heard of what
// was between.
func TestSkippedResetForgetsTheEarlierLife(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	next := config(9, nodeA, incs{nodeA, nodeB})
	next.Replaced, next.Life = true, 1
	l.adopt(nodeA, next)
	require.Zero(t, l.cores[nodeA].engine.Len())
	require.False(t, l.cores[nodeA].Serves(l.now))
	l.adopt(nodeB, next)
	require.Zero(t, l.cores[nodeB].engine.Len())
}

// The schedule that this prevents, with a primary that takes Replaced twice for
// one long reign:
//
//	A replaces somebody: epoch 2, Replaced; it asks to hand over to B
//	B gets the partition, A does not learn of it: epoch 3; B serves by A's lease
//	C's request to replace, sent before, is taken, and A preferred: epoch 4, Replaced
//	A learns of epoch 4 and serves at once; B still has its leases
func TestAPrimaryThatMissedAnotherOneWaits(t *testing.T) {
	l := newLab(t)
	first := config(2, nodeA, incs{nodeA, nodeB, nodeC})
	first.Replaced = true
	l.adoptAll(first)
	l.settle()
	l.pass(800 * time.Millisecond)
	l.settle()
	l.put(nodeA, "old", "k", "old")
	l.settle()
	require.Equal(t, OK, l.answer("old").Status)

	second := config(3, nodeB, incs{nodeA, nodeB, nodeC})
	l.adopt(nodeB, second)
	l.adopt(nodeC, second)
	l.lose(nodeA)
	l.pass(800 * time.Millisecond)
	l.lose(nodeA)
	l.settle()
	third := config(4, nodeA, incs{nodeA, nodeC})
	third.Replaced = true
	l.adopt(nodeA, third)
	l.adopt(nodeC, third)
	l.lose(nodeB)
	l.settle()
	require.False(t, l.cores[nodeA].Serves(l.now), "B may serve still")
	l.pass(800 * time.Millisecond)
	l.settle()
	require.True(t, l.cores[nodeA].Serves(l.now))
}
