package replica

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Numbering and commit: see "Writes" in DESIGN.md.

func TestWriteIsAnsweredWhenEveryInSyncReplicaHasIt(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.settle()
	l.adoptAll(config(5, nodeA, incs{nodeA, nodeB, nodeC}))
	l.settle()
	l.put(nodeA, "put", "k", "v")
	held := l.lose(nodeC)
	l.settle()
	l.open("put")
	require.Empty(t, l.stored(nodeA, "k"), "readers see committed state only")
	for _, mail := range held {
		l.deliver(mail)
	}
	l.settle()
	done := l.answer("put")
	require.Equal(t, OK, done.Status)
	require.Equal(t, Number(1), done.Version)
	require.Equal(t, "v", l.stored(nodeA, "k"))
}

func TestBackupHoldsUncommittedEntriesOutsideTheStore(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	for _, mail := range l.lose(nodeB) {
		l.deliver(mail)
	}
	require.Equal(t, Number(1), l.cores[nodeB].log.last)
	require.Empty(t, l.stored(nodeB, "k"))
	l.settle()
	l.put(nodeA, "next", "other", "v") // brings the commit number
	l.settle()
	require.Equal(t, "v", l.stored(nodeB, "k"))
}

func TestNumbersAreContiguousAcrossPrimaries(t *testing.T) {
	l := newLab(t)
	l.pair()
	for n := range 3 {
		l.put(nodeA, fmt.Sprint(n), "k", "v")
	}
	l.settle()
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.settle()
	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	l.settle()
	l.put(nodeB, "put", "k", "w")
	l.settle()
	require.Equal(t, Number(4), l.answer("put").Version)
	require.Equal(t, l.cores[nodeB].log.last, l.cores[nodeA].log.last)
}

func TestBackupTakesNothingAfterAGap(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "one", "k", "v")
	first := l.lose(nodeB)
	l.put(nodeA, "two", "k", "w")
	l.settle()
	require.Zero(t, l.cores[nodeB].log.last)
	l.open("two")
	for _, mail := range first {
		l.deliver(mail)
	}
	l.settle()
	l.pass(DefaultTiming().Retry + 40*time.Millisecond)
	l.settle()
	require.Equal(t, OK, l.answer("two").Status)
}

func TestRepeatedEntriesAreTakenOnce(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	sent := l.lose(nodeB)
	for range 3 {
		for _, mail := range sent {
			l.deliver(mail)
		}
	}
	l.settle()
	require.Equal(t, Number(1), l.cores[nodeB].log.last)
	require.Equal(t, OK, l.answer("put").Status)
}

// Two entries of one number and different epochs are different writes: of two
// logs that differ, the one that the primary lacks is never committed.
func TestEntriesAreToldApartByEpochAndNumber(t *testing.T) {
	l := newLab(t)
	l.pair()
	entry := func(epoch uint64, value string) []Entry {
		return []Entry{{Epoch: 3, Number: 1, Kind: EntryPut, Key: []byte("k"), Value: []byte(value)}}
	}
	m := Message{Kind: MsgAppend, Epoch: 3, Entries: entry(3, "mine")}
	b := l.cores[nodeB]
	b.Receive(l.now, nodeA, &m, &l.out)
	l.collect(nodeB)
	b.Adopt(l.now, config(4, nodeA, incs{nodeA, nodeB}), &l.out)
	l.collect(nodeB)

	theirs := entry(4, "theirs")
	theirs[0].Epoch = 4
	// It names no entry that would show whose entry 1 is, but says that its own
	// log of earlier epochs ends at 1: so there is one.
	m = Message{Kind: MsgAppend, Epoch: 4, Commit: 1, Start: 1}
	l.mail = nil
	b.Receive(l.now, nodeA, &m, &l.out)
	l.collect(nodeB)
	require.Zero(t, b.log.commit, "an entry that the primary may not have was committed")
	require.Equal(t, Number(1), l.mail[0].message().Prev)
	require.EqualValues(t, 3, l.mail[0].message().PrevEpoch, "the acknowledgement shows which it is")

	m = Message{Kind: MsgAppend, Epoch: 4, Commit: 1, Start: 1, Entries: theirs}
	b.Receive(l.now, nodeA, &m, &l.out)
	l.collect(nodeB)
	require.Equal(t, "theirs", l.stored(nodeB, "k"))
}

func TestMemoryIsReservedBeforeAWriteIsNumbered(t *testing.T) {
	l := newLab(t)
	small := store.Cost(1, 100) + store.Cost(1, 100)/2
	l.start(nodeA, small, DefaultLimits())
	l.pair()
	value := strings.Repeat("v", 100)
	l.put(nodeA, "fits", "a", value)
	l.put(nodeA, "does not", "b", value)
	require.Equal(t, OutOfMemory, l.answer("does not").Status)
	require.Equal(t, Number(1), l.cores[nodeA].log.last, "what is refused must not be numbered")
	l.settle()
	require.Equal(t, OK, l.answer("fits").Status)
	require.Equal(t, l.cores[nodeA].engine.Bytes(), l.cores[nodeA].node.memory.Used(), "what was reserved beyond its bytes is given back")

	l.put(nodeA, "again", "a", value)
	l.settle()
	require.Equal(t, OK, l.answer("again").Status, "a value that takes another's place needs no more room")
	l.get(nodeA, "get", "a")
	require.Equal(t, value, string(l.answer("get").Value))
}

// Schedule: a has a value. Its removal is pending when a is written again,
// and what the removal frees goes to b: the second write to a must not count
// on the room of a value that is gone by then.
func TestWriteBehindAPendingRemovalReservesItsRoom(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, store.Cost(1, 100), DefaultLimits())
	l.pair()
	value := strings.Repeat("v", 100)
	l.put(nodeA, "first", "a", value)
	l.settle()
	l.del(nodeA, "del", "a")
	l.put(nodeA, "second", "a", value)
	require.Equal(t, OutOfMemory, l.answer("second").Status)
	l.settle()
	l.put(nodeA, "other", "b", value)
	l.settle()
	require.Equal(t, OK, l.answer("other").Status)
	require.LessOrEqual(t, l.cores[nodeA].node.memory.Used(), l.cores[nodeA].node.memory.Limit())
}

// A backup accepts what is numbered, whatever its memory: the primary has
// answered for it.
func TestBackupAcceptsNumberedEntriesBeyondItsLimit(t *testing.T) {
	l := newLab(t)
	l.start(nodeB, 1, DefaultLimits())
	l.pair()
	l.put(nodeA, "put", "k", strings.Repeat("v", 100))
	l.settle()
	require.Equal(t, OK, l.answer("put").Status)
}
