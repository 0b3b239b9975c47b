package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Rule 20: a stalled fill is given up, though its node lives. See "Moves" in
// DESIGN.md.

// filling is A that fills B, which has got nothing but the probe yet. Both live for
// ever.
func filling(t *testing.T) *lab {
	l := newLab(t)
	l.start(nodeA, 1<<20, small())
	l.alone()
	for n := range 10 {
		l.put(nodeA, "put", fmt.Sprint(n), "v")
	}
	l.heard = l.now + store.Instant(24*time.Hour)
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.round()
	l.round() // B's acknowledgement
	require.True(t, l.cores[nodeA].FillReady())
	return l
}

// stalled passes time, in which A sends, and B gets or says nothing.
func (l *lab) stalled(d time.Duration) {
	for end := l.now + store.Instant(d); l.now < end; {
		l.pass(20 * time.Millisecond)
		l.cores[nodeA].FillChunk(l.now, &l.out)
		l.collect(nodeA)
		l.lose(nodeA)
		l.lose(nodeB)
	}
}

// chunk lets one chunk of the fill come to B, and its acknowledgement to A.
func (l *lab) chunk() {
	l.cores[nodeA].Relinked(l.now, nodeB, &l.out)
	l.lose(nodeB)
	l.cores[nodeA].FillChunk(l.now, &l.out)
	l.collect(nodeA)
	l.round()
	l.round()
}

func (l *lab) drops() (nodes incs) {
	for _, c := range l.asked(placement.Drop) {
		nodes = append(nodes, c.Node)
	}
	return nodes
}

const stall = 30 * time.Second

func TestAStalledFillIsGivenUp(t *testing.T) {
	l := filling(t)
	l.stalled(stall / 2)
	l.chunk()
	l.stalled(stall - time.Second)
	require.Empty(t, l.drops(), "something arrived in between")
	l.stalled(2 * time.Second)
	require.Contains(t, l.drops(), nodeB)
	require.False(t, l.cores[nodeA].FillReady())
	require.Nil(t, l.cores[nodeA].replica(nodeB).fill, "it keeps no memory of the store")
	l.adoptAll(config(3, nodeA, incs{nodeA}, nodeC)) // the planner chooses another
	l.settle()
	require.Equal(t, 10, l.cores[nodeC].engine.Len())
}

// A learner whose node lives and that does not take up its role.
func TestALearnerThatNeverAnswersIsGivenUp(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.heard = l.now + store.Instant(24*time.Hour)
	l.adopt(nodeA, config(2, nodeA, incs{nodeA}, nodeB))
	l.stalled(stall - time.Second)
	require.Empty(t, l.drops())
	l.stalled(2 * time.Second)
	require.Contains(t, l.drops(), nodeB)
}

// What the limit for snapshots holds back was not refused by the learner.
func TestAFillThatIsHeldBackDoesNotStall(t *testing.T) {
	for name, hold := range map[string]func(l *lab){
		"before it is sent": func(l *lab) {},
		"in the lane": func(l *lab) {
			l.cores[nodeA].FillChunk(l.now, &l.out)
			l.collect(nodeA)
			l.cores[nodeA].node.pairs.Pair(nodeB).QueueFill(100)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := filling(t)
			hold(l)
			for range 3 {
				l.pass(stall)
				require.Empty(t, l.drops())
			}
		})
	}
}

// A node that was paused blames nobody for that time.
func TestAPauseOfThePrimaryIsNoStall(t *testing.T) {
	l := filling(t)
	l.stalled(stall / 2)
	l.now += store.Instant(10 * stall)
	l.stalled(stall / 4)
	require.Empty(t, l.drops())
}

// A learner that commits need is not failed, for it might be promoted, or go on.
func TestAStalledLearnerThatCommitsNeedCanGoOn(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	l.heard = l.now + store.Instant(24*time.Hour)
	l.asked(placement.Promote)
	l.put(nodeA, "put", "k", "v")
	l.stalled(stall + time.Second)
	require.Contains(t, l.drops(), nodeB)
	l.open("put")
	l.pass(time.Second) // A sends it again
	l.settle()
	require.Equal(t, OK, l.answer("put").Status)
	l.drops()
	l.stalled(time.Second)
	require.Empty(t, l.drops())
}

// A backup is not a learner: without it there would be a copy less.
func TestABackupDoesNotStall(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.heard = l.now + store.Instant(24*time.Hour)
	l.put(nodeA, "put", "k", "v")
	l.stalled(2 * stall)
	require.Empty(t, l.drops())
}
