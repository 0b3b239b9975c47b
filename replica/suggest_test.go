package replica

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// What the register is asked for: see "Configurations and fencing" in
// DESIGN.md.

// Schedule: a backup has died, and changes of the partition come one after
// another. Its silence goes on all the same.
func TestSilenceIsNotForgivenByAChange(t *testing.T) {
	l := newLab(t)
	l.pair()
	for epoch := range placement.Epoch(4) {
		next := config(4+2*epoch, nodeA, incs{nodeA, nodeB}, nodeC)
		l.adopt(nodeA, next)
		l.lose(nodeB)
		l.pass(200 * time.Millisecond)
		l.adopt(nodeA, config(5+2*epoch, nodeA, incs{nodeA, nodeB}))
		l.lose(nodeB)
		l.requests = nil
		l.pass(200 * time.Millisecond)
	}
	drops := l.asked(placement.Drop)
	require.NotEmpty(t, drops)
	require.Equal(t, nodeB, drops[0].Node)
}

// Several requests may be open at once; none is repeated before its time.
func TestRequestsAreNotRepeatedAtEveryTick(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle() // the promotion is asked for
	l.requests = nil
	l.down = nodeB
	l.pass(DefaultTiming().Silence + 20*time.Millisecond) // B falls silent: a drop, too
	l.requests = nil
	l.pass(10 * DefaultTiming().AskIn)
	require.InDelta(t, 10, len(l.asked(placement.Promote)), 1)
	require.InDelta(t, 10, len(l.asked(placement.Drop)), 1)
	for n := range placement.Incarnation(100) {
		l.suggest(nodeA, placement.AddLearner, 100+n)
	}
	require.LessOrEqual(t, len(l.cores[nodeA].asked), maxAsked, "what is remembered is bounded")
}

func TestSuggestionOfAnotherEpochIsIgnored(t *testing.T) {
	l := newLab(t)
	l.pair()
	for _, epoch := range []placement.Epoch{2, 4} {
		for _, kind := range []placement.ChangeKind{placement.AddLearner, placement.Drop, placement.HandOver} {
			c := l.cores[nodeA]
			c.Suggest(l.now, placement.Change{Kind: kind, Epoch: epoch, Asker: nodeA, Node: nodeB}, &l.out)
			l.collect(nodeA)
		}
	}
	require.Empty(t, l.requests)
	require.True(t, l.cores[nodeA].Serving())
}
