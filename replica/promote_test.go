package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Promotion: see "Moves" in DESIGN.md.

func TestOnlyACaughtUpLearnerIsPromoted(t *testing.T) {
	for _, lag := range []int{0, 1 << 20} {
		l := newLab(t)
		l.start(nodeA, 1<<20, Limits{Batch: 1, Window: 1 << 20, Lag: lag, Log: 1 << 20})
		l.alone()
		l.put(nodeA, "old", "k", "old")
		l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
		news := l.fillOnly()
		l.put(nodeA, "put", "k", "new")
		for _, mail := range news {
			l.deliver(mail)
		}
		require.Empty(t, l.asked(placement.Promote), "it lacks an entry")
		require.Equal(t, OK, l.answer("put").Status, "and has held up nobody")
		if lag > 0 {
			l.put(nodeA, "later", "k", "newer")
			l.open("later") // so near that commits wait for it: it will catch up
		}
		l.settle()
		asked := l.asked(placement.Promote)
		require.Equal(t, []placement.Change{{Kind: placement.Promote, Epoch: 2, Asker: nodeA, Node: nodeB}}, asked)
	}
}

// From asking on the register may have taken the promotion at any time, so
// nothing is acknowledged that the learner lacks. This holds with one replica
// too.
func TestFromAskingOnTheLearnerIsNeededToCommit(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	require.Len(t, l.asked(placement.Promote), 1)
	l.put(nodeA, "put", "k", "v")
	late := l.lose(nodeB)
	l.open("put")
	l.adopt(nodeA, config(3, nodeA, incs{nodeA}, nodeC)) // B is dropped: it was not taken
	require.Equal(t, OK, l.answer("put").Status)
	for _, mail := range late {
		l.deliver(mail)
	}
	require.Zero(t, l.cores[nodeB].log.commit)
}

func TestPromotionIsAskedForAgainWhileUnanswered(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	l.heard = l.now + store.Instant(time.Hour)
	require.Len(t, l.asked(placement.Promote), 1)
	l.pass(DefaultTiming().AskIn - 20*time.Millisecond)
	require.Empty(t, l.asked(placement.Promote))
	l.pass(20 * time.Millisecond)
	require.Len(t, l.asked(placement.Promote), 1)
}

// A register that promotes too early is wrong; the replica does not pretend.
func TestReplicaThatIsInSyncByMistakeShowsIt(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 1<<20, small())
	l.alone()
	for n := range 10 {
		l.put(nodeA, "put", fmt.Sprint(n), "v")
	}
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.round()
	for range 3 {
		l.cores[nodeA].FillChunk(l.now, &l.out)
		l.collect(nodeA)
	}
	l.round()
	require.Equal(t, 3, l.cores[nodeB].engine.Len())
	l.adoptAll(config(3, nodeA, incs{nodeA, nodeB}))
	require.Zero(t, l.cores[nodeB].engine.Len(), "half a fill is no copy")
	l.settle()
	l.pass(20 * time.Millisecond)
	require.NotEmpty(t, l.asked(placement.Drop))
}
