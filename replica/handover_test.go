package replica

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Hand-over: see "Moves" in DESIGN.md.

func TestHandOverStopsNumberingAndCommitsTheTailFirst(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "tail", "k", "v")
	tail := l.lose(nodeB)
	l.suggest(nodeA, placement.HandOver, nodeB)
	require.True(t, l.cores[nodeA].Serving(), "B has not shown that it lives")
	l.settle() // it does, and what it lacks
	l.put(nodeA, "late", "k", "w")
	l.get(nodeA, "read", "k")
	l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
	l.collect(nodeA)
	require.False(t, l.cores[nodeA].Serving())
	require.Equal(t, Number(1), l.cores[nodeA].log.last)
	l.settle()
	require.Empty(t, l.requests, "the tail is not committed")
	for _, mail := range tail {
		l.deliver(mail)
	}
	l.settle()
	require.Equal(t, OK, l.answer("tail").Status)
	asked := l.asked(placement.HandOver)
	require.Equal(t, []placement.Change{{Kind: placement.HandOver, Epoch: 3, Asker: nodeA, Node: nodeB}}, asked)

	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	l.open("late")
	l.open("read")
	l.settle() // B has shown that it knows
	for _, tag := range []string{"late", "read"} {
		done := l.answer(tag)
		require.Equal(t, Moved, done.Status)
		require.Equal(t, nodeB, done.Owner)
		require.Equal(t, placement.Epoch(4), done.Epoch)
	}
	require.True(t, l.cores[nodeB].Serving())
	l.get(nodeB, "get", "k")
	require.Equal(t, "v", string(l.answer("get").Value))
}

// Schedule: a client follows redirects at once and only a few times. The old primary
// has the view, the new one not yet: it would send the client back.
func TestRedirectsWaitForTheNewPrimary(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(l *lab)
	}{
		{"until it speaks", func(l *lab) {
			l.adopt(nodeB, config(4, nodeB, incs{nodeA, nodeB}))
			l.open("before")
			l.settle()
		}},
		{"no longer than a lease", func(l *lab) { l.pass(l.timing.Lease) }},
		{"until another view says otherwise", func(l *lab) { l.adopt(nodeA, config(5, nodeC, incs{nodeC})) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.pair()
			l.suggest(nodeA, placement.HandOver, nodeB)
			l.settle()
			l.heard = l.now + store.Instant(time.Hour)
			l.adopt(nodeA, config(4, nodeB, incs{nodeA, nodeB}))
			l.get(nodeA, "before", "k")
			l.put(nodeA, "put", "k", "v")
			l.open("before")
			c.then(l)
			require.Equal(t, Moved, l.answer("before").Status)
			require.Equal(t, Moved, l.answer("put").Status)
			l.get(nodeA, "after", "k")
			require.Equal(t, Moved, l.answer("after").Status)
		})
	}
}

// A partition handed to a node that has just died would have nobody who
// serves it: the old primary serves on until the new one has answered, and
// asks it again when the question or the answer is lost.
func TestHandOverBeginsOnlyWhenTheNewPrimaryLives(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.lose(nodeB)
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.get(nodeA, "get", "k")
	require.Equal(t, OK, l.answer("get").Status)
	require.True(t, l.cores[nodeA].Serving())
	require.Empty(t, l.asked(placement.HandOver))

	l.heard = l.now + store.Instant(time.Hour)
	l.pass(2 * time.Second)
	l.settle()
	require.False(t, l.cores[nodeA].Serving())
	require.NotEmpty(t, l.asked(placement.HandOver))
}

// Schedule: the register is away in the middle of a hand-over, and takes the
// request long after the primary has given up waiting and serves again. The new
// primary must not serve beside it.
func TestHandOverThatIsTakenLateFindsOnePrimary(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.settle()
	l.put(nodeA, "held", "k", "v")
	l.open("held")
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(2*DefaultTiming().AskIn + 40*time.Millisecond)
	l.settle()
	require.Equal(t, OK, l.answer("held").Status)
	require.True(t, l.cores[nodeA].Serves(l.now))
	l.pass(DefaultTiming().Retry)
	l.settle() // B learns that it is committed

	next := config(4, nodeB, incs{nodeA, nodeB}) // A does not hear of it
	l.adopt(nodeB, next)
	l.put(nodeA, "late", "k", "late") // B takes no entry of epoch 3 any more
	l.settle()
	require.False(t, l.cores[nodeB].Serves(l.now), "A serves under B's lease")
	l.pass(DefaultTiming().Wait - 40*time.Millisecond)
	require.False(t, l.cores[nodeB].Serves(l.now))
	l.pass(80 * time.Millisecond)
	require.True(t, l.cores[nodeB].Serves(l.now), "by now A's lease is over")
	l.adopt(nodeA, next)
	require.Equal(t, UnknownFate, l.answer("late").Status)
	l.settle()
	l.get(nodeB, "get", "k")
	require.Equal(t, "v", string(l.answer("get").Value))
	l.put(nodeB, "next", "k", "next")
	l.settle()
	require.Equal(t, OK, l.answer("next").Status, "A has cut off what B never had")
}

// Schedule: as before, but B takes A for dead and has it dropped before A has
// said anything. That no in-sync replica is left to wait for proves nothing.
func TestDroppingTheOldPrimaryProvesNothing(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.adopt(nodeB, config(4, nodeB, incs{nodeA, nodeB}))
	l.adopt(nodeB, config(5, nodeB, incs{nodeB}))
	require.True(t, l.cores[nodeA].Serves(l.now))
	require.False(t, l.cores[nodeB].Serves(l.now))
	l.down = nodeA
	l.pass(DefaultTiming().Wait + 20*time.Millisecond)
	require.True(t, l.cores[nodeB].Serves(l.now))
}

func TestHandOverThatAnotherChangeForestalledIsOver(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.settle()
	l.put(nodeA, "held", "k", "v")
	l.open("held")
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC)) // was taken first, so the hand-over is stale
	l.settle()
	require.True(t, l.cores[nodeA].Serving())
	require.Equal(t, OK, l.answer("held").Status)
	require.Equal(t, "v", l.stored(nodeA, "k"))
}

func TestNewPrimaryHoldsRequestsUntilItMayAnswer(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.settle()
	next := config(4, nodeB, incs{nodeA, nodeB})
	l.do(nodeB, Op{Kind: OpGet, Key: []byte("k"), Epoch: 4, Tag: "before the view"})
	l.adopt(nodeB, next)
	l.put(nodeB, "put", "k", "v")
	l.open("before the view")
	l.open("put")
	require.False(t, l.cores[nodeB].Serving(), "the old primary may not know yet")
	l.adopt(nodeA, next)
	l.settle()
	require.True(t, l.cores[nodeB].Serving())
	require.False(t, l.answer("before the view").Found)
	require.Equal(t, OK, l.answer("put").Status)
}

func TestNewPrimaryCommitsItsTailBeforeItServes(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	for _, mail := range l.lose(nodeB) {
		l.deliver(mail)
	}
	l.mail = nil // B has the entry, A does not know
	next := config(4, nodeB, incs{nodeA, nodeB})
	l.adopt(nodeB, next)
	require.Empty(t, l.stored(nodeB, "k"))
	// An acknowledgement of the old primary that lacks the entry: hello, but
	// the entry is not committed by it.
	m := Message{Kind: MsgAck, Epoch: 4, Done: true}
	l.cores[nodeB].Receive(l.now, nodeA, &m, &l.out)
	require.False(t, l.cores[nodeB].Serving())
	l.collect(nodeB)
	l.adopt(nodeA, next)
	l.settle()
	require.True(t, l.cores[nodeB].Serving())
	require.Equal(t, "v", l.stored(nodeB, "k"))
}

// The old primary stays in sync, so the new one needs it until it is dropped;
// if it says nothing, the new primary asks for that itself.
func TestSilentOldPrimaryIsDroppedByTheNewOne(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.settle()
	l.adopt(nodeB, config(4, nodeB, incs{nodeA, nodeB}))
	l.lose(nodeA)
	l.requests, l.down = nil, nodeA
	l.mute(nodeA)
	l.pass(DefaultTiming().Silence)
	require.Empty(t, l.asked(placement.Drop))
	l.pass(20 * time.Millisecond)
	require.Equal(t, []placement.Change{{Kind: placement.Drop, Epoch: 4, Asker: nodeB, Node: nodeA}}, l.asked(placement.Drop))
	require.False(t, l.cores[nodeB].Serves(l.now))
	l.adopt(nodeB, config(5, nodeB, incs{nodeB}))
	require.True(t, l.cores[nodeB].Serves(l.now))
}

// Schedule: B is promoted and dies. The master does not know yet and suggests
// the hand-over. All entries have been acknowledged, but a partition that is
// handed to a dead node is served by nobody.
func TestNothingIsHandedToANodeThatHasJustDied(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	l.suggest(nodeA, placement.HandOver, nodeB)
	require.NotEmpty(t, l.lose(nodeB), "B is asked for a sign of life")
	l.pass(DefaultTiming().Silence + 100*time.Millisecond)
	require.Empty(t, l.asked(placement.HandOver))
	require.NotEmpty(t, l.asked(placement.Drop))
	l.adoptAll(config(4, nodeA, incs{nodeA}))
	require.True(t, l.cores[nodeA].Serving())
}

// The sign of life may be lost like any message.
func TestSignOfLifeIsAskedForAgain(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.lose(nodeB)
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(DefaultTiming().Retry + 20*time.Millisecond)
	l.settle()
	require.NotEmpty(t, l.asked(placement.HandOver))
}

func TestOnlyAnInSyncBackupIsHandedTo(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.settle()
	for _, node := range []placement.Incarnation{nodeA, nodeC, 0xD} {
		l.suggest(nodeA, placement.HandOver, node)
		require.True(t, l.cores[nodeA].Serving())
	}
	l.suggest(nodeB, placement.HandOver, nodeA)
	require.True(t, l.cores[nodeA].Serving(), "a backup hands over nothing")
	m := Message{Kind: MsgAck, Epoch: 4, Prev: 9, PrevEpoch: 4, Done: true}
	l.cores[nodeA].Receive(l.now, nodeB, &m, &l.out)
	l.collect(nodeA)
	l.suggest(nodeA, placement.HandOver, nodeB)
	require.True(t, l.cores[nodeA].Serving(), "nor is anything handed to one that cannot follow")
}
