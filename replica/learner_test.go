package replica

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// Fill and promotion: see "Moves" in DESIGN.md.

// small makes fills take many messages.
func small() Limits { return Limits{Batch: 1, Window: 400, Lag: 64 << 10, Log: 32 << 20} }

func TestSnapshotIsACutAtOneNumber(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 1<<20, small())
	l.alone()
	for n := range 10 {
		l.put(nodeA, "old", fmt.Sprint(n), "old")
	}
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	for n := range 10 { // live writes, one for each item that is sent
		l.round()
		l.put(nodeA, "new", fmt.Sprint(n), "new")
		l.cores[nodeA].FillChunk(l.now, &l.out)
		l.collect(nodeA)
	}
	l.del(nodeA, "del", "3")
	l.settle()
	require.Equal(t, l.cores[nodeA].log.last, l.cores[nodeB].log.last)
	l.put(nodeA, "flush", "4", "new") // commits, and tells so
	l.settle()
	l.put(nodeA, "flush", "4", "new")
	l.settle()
	for n := range 10 {
		require.Equal(t, l.stored(nodeA, fmt.Sprint(n)), l.stored(nodeB, fmt.Sprint(n)), "key %d", n)
	}
}

func TestLearnerAppliesEntriesOnlyAfterItsSnapshot(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.put(nodeA, "old", "k", "old")
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.lose(nodeB)
	m := Message{Kind: MsgAppend, Epoch: 2, Commit: 1, Entries: []Entry{{Epoch: 2, Number: 1, Kind: EntryPut, Key: []byte("k"), Value: []byte("v")}}}
	l.cores[nodeB].Receive(l.now, nodeA, &m, &l.out)
	l.collect(nodeB)
	require.Zero(t, l.cores[nodeB].engine.Len())
	require.Zero(t, l.cores[nodeB].log.last)
}

func TestFillCountsForOneEpochOnly(t *testing.T) {
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
	late := l.lose(nodeB)
	l.deliver(late[0])
	require.Equal(t, 1, l.cores[nodeB].engine.Len())

	l.adoptAll(config(3, nodeA, incs{nodeA}, nodeB, nodeC))
	for _, m := range late {
		l.deliver(m)
	}
	require.Zero(t, l.cores[nodeB].engine.Len(), "an item of the old fill was taken")
	l.settle()
	require.Equal(t, 10, l.cores[nodeB].engine.Len())
	require.Equal(t, 10, l.cores[nodeC].engine.Len())
}

func TestItemsAreTakenInOrderAndOnce(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 1<<20, Limits{Batch: 1, Window: 1 << 20, Lag: 1 << 20, Log: 1 << 20})
	l.alone()
	for n := range 5 {
		l.put(nodeA, "put", fmt.Sprint(n), "v")
	}
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	for len(l.mail) > 0 {
		l.round()
	}
	for l.cores[nodeA].FillReady() {
		l.cores[nodeA].FillChunk(l.now, &l.out)
		l.collect(nodeA)
	}
	items := l.lose(nodeB)
	require.Len(t, items, 5)
	for _, i := range []int{4, 1, 0, 0, 2, 1, 2, 4} { // 3 is missing
		l.deliver(items[i])
	}
	require.Equal(t, uint64(3), l.cores[nodeB].fill.next)
	require.False(t, l.cores[nodeB].fill.done)
	l.settle()
	l.cores[nodeA].Relinked(l.now, nodeB, &l.out)
	l.collect(nodeA)
	l.settle()
	require.True(t, l.cores[nodeB].fill.done)
	require.Len(t, l.asked(placement.Promote), 1)
}

// What is pending when a fill begins is not in the snapshot: it comes after.
func TestSnapshotHoldsCommittedStateOnly(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	pending := l.lose(nodeB)
	l.adopt(nodeA, config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.adopt(nodeC, config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.settle()
	require.Zero(t, l.cores[nodeC].log.commit)
	require.Empty(t, l.stored(nodeC, "k"))
	l.adopt(nodeB, config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	for _, mail := range pending {
		l.deliver(mail)
	}
	l.settle()
	l.put(nodeA, "next", "other", "v")
	l.settle()
	require.Equal(t, "v", l.stored(nodeC, "k"))
}

func TestLearnerWithoutMemoryIsGivenUp(t *testing.T) {
	l := newLab(t)
	l.start(nodeB, 200, DefaultLimits())
	l.alone()
	l.put(nodeA, "put", "k", strings.Repeat("v", 500))
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	require.Zero(t, l.cores[nodeB].node.memory.Used(), "a fill takes no more than there is")
	l.pass(20 * time.Millisecond)
	drops := l.asked(placement.Drop)
	require.Len(t, drops, 1)
	require.Equal(t, nodeB, drops[0].Node)
	require.False(t, l.cores[nodeA].FillReady())
	l.adoptAll(config(3, nodeA, incs{nodeA}))
	l.put(nodeA, "next", "k", "v")
	require.Equal(t, OK, l.answer("next").Status)
}

func TestDroppedReplicaForgetsEverything(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	l.put(nodeA, "next", "k", "v")
	l.settle()
	require.Positive(t, l.cores[nodeB].node.memory.Used())
	l.adoptAll(config(4, nodeA, incs{nodeA}))
	require.Zero(t, l.cores[nodeB].node.memory.Used())
	require.Zero(t, l.cores[nodeB].engine.Len())
	require.False(t, l.cores[nodeB].Active())
}
