package replica

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Large values: see "Large values" in DESIGN.md.

// largeLab is a pair that sends values over 100 bytes ahead, 40 at a time.
func largeLab(t *testing.T, memory int64) *lab {
	l := newLab(t)
	limits := DefaultLimits()
	limits.Batch, limits.Body, limits.Window = 40, 100, 80
	l.start(nodeA, 1<<20, limits)
	l.start(nodeB, memory, limits)
	l.pair()
	return l
}

var large = strings.Repeat("0123456789", 30)

func TestLargeValueTravelsBeforeItIsNumbered(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "large", "large", large)
	require.Len(t, l.mail, 2, "no more than the window")
	require.Zero(t, l.cores[nodeA].log.last)
	l.put(nodeA, "small", "k", "v")
	l.round()
	l.round()
	require.Equal(t, OK, l.answer("small").Status, "it has overtaken the large one")
	l.open("large")
	l.settle()
	require.Equal(t, OK, l.answer("large").Status)
	require.Equal(t, large, l.stored(nodeA, "large"))
	l.put(nodeA, "next", "k", "w") // takes the commit number along
	l.settle()
	require.Equal(t, large, l.stored(nodeB, "large"))
	require.Empty(t, l.cores[nodeB].staged)
	require.Equal(t, l.cores[nodeB].engine.Bytes()+l.cores[nodeB].charged, l.cores[nodeB].node.memory.Used())
	require.Empty(t, l.cores[nodeA].replica(nodeB).bodies)
	require.False(t, l.cores[nodeB].Active())
}

func TestEntryOfALargeValueIsShort(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "large", "large", large)
	for len(l.mail) > 0 {
		next := l.mail[0]
		l.mail = l.mail[1:]
		require.Less(t, len(next.frame), 100)
		l.deliver(next)
	}
	require.Equal(t, OK, l.answer("large").Status)
}

// Chunks, acknowledgements and the entry itself may be lost, repeated, and
// overtaken; the entry is sent with its value when it is sent again.
func TestLargeValuesSurviveABadNetwork(t *testing.T) {
	for seed := range 60 {
		l := largeLab(t, 1<<20)
		l.put(nodeA, "large", "large", large)
		for turn := range 2000 {
			if len(l.mail) == 0 {
				l.heard = l.now + store.Instant(time.Minute)
				l.pass(DefaultTiming().Retry + 20*time.Millisecond)
				if len(l.done) > 0 {
					break
				}
				continue
			}
			i := (turn*13 + seed*7) % len(l.mail)
			next := l.mail[i]
			if (turn+seed)%4 > 0 {
				l.mail = append(l.mail[:i:i], l.mail[i+1:]...)
			}
			if (turn*3+seed)%5 > 0 {
				l.deliver(next)
			}
		}
		require.Equal(t, OK, l.answer("large").Status, "seed %d", seed)
		l.settle()
		l.pass(2 * DefaultTiming().Retry)
		l.settle()
		require.Equal(t, large, l.stored(nodeB, "large"), "seed %d", seed)
	}
}

func TestLargeValueThatFitsNowhereIsRefused(t *testing.T) {
	l := largeLab(t, 200)
	l.put(nodeA, "large", "large", large)
	l.settle()
	require.Equal(t, OutOfMemory, l.answer("large").Status)
	require.Zero(t, l.cores[nodeA].log.last, "nothing was numbered")
	require.Zero(t, l.cores[nodeB].node.memory.Used())
}

func TestLargeValueOfNoUseIsDropped(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "small", "k", "v")
	l.settle()
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte(large), If: IfAbsent, Tag: "absent"})
	l.settle()
	require.Equal(t, ConditionFailed, l.answer("absent").Status)
	require.Empty(t, l.cores[nodeB].staged)

	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte(large), Deadline: l.now + 1, Tag: "late"})
	l.round()
	l.lose(nodeA)
	require.NotEmpty(t, l.cores[nodeB].staged)
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(20 * time.Millisecond)
	require.Equal(t, Timeout, l.answer("late").Status)
	l.settle()
	require.Empty(t, l.cores[nodeB].staged)
	require.Empty(t, l.cores[nodeA].uploads.open)

	// Also if the word of that is lost.
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte(large), Deadline: l.now + 1, Tag: "late"})
	l.round()
	l.lose(nodeA)
	l.pass(20 * time.Millisecond)
	l.lose(nodeB)
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(stagedIdle)
	require.Empty(t, l.cores[nodeB].staged)
	require.Equal(t, l.cores[nodeB].engine.Bytes()+l.cores[nodeB].charged, l.cores[nodeB].node.memory.Used())
}

func TestLargeValueAcrossChangesOfTheConfiguration(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "large", "large", large)
	l.round()
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	require.Empty(t, l.cores[nodeB].staged, "it counts for one epoch")
	l.settle()
	require.Equal(t, OK, l.answer("large").Status)
	require.Equal(t, large, l.stored(nodeA, "large"))

	l.put(nodeA, "dropped", "large", large)
	l.lose(nodeB)
	l.adoptAll(config(5, nodeA, incs{nodeA}))
	require.Equal(t, OK, l.answer("dropped").Status, "nobody is left to wait for")

	l.adoptAll(config(6, nodeA, incs{nodeA}, nodeB))
	l.settle()
	l.adoptAll(config(7, nodeA, incs{nodeA, nodeB}))
	l.settle()
	l.put(nodeA, "moved", "large", large)
	l.round()
	l.adoptAll(config(8, nodeB, incs{nodeA, nodeB}))
	l.settle()
	require.Equal(t, Moved, l.answer("moved").Status, "it was never numbered")
	require.Zero(t, l.cores[nodeA].node.memory.Used()-l.cores[nodeA].engine.Bytes())
}

func TestRepeatedLargeWriteTakesEffectOnce(t *testing.T) {
	l := largeLab(t, 1<<20)
	put := func(tag string, attempt uint64) {
		l.try(nodeA, tag, 1, attempt, Op{Kind: OpPut, Key: []byte("large"), Value: []byte(large)})
	}
	put("first", 1)
	put("second", 2)
	l.settle()
	require.Equal(t, l.answer("first").Version, l.answer("second").Version)
	require.Equal(t, Number(1), l.cores[nodeA].log.last)
	require.Empty(t, l.cores[nodeB].staged)
}

func TestLargeValueForReplicasWithoutOthersIsStoredAtOnce(t *testing.T) {
	l := newLab(t)
	l.alone()
	value := bytes.Repeat([]byte("v"), 1<<20-4096)
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: slices.Clone(value), Tag: "put"})
	require.Equal(t, OK, l.answer("put").Status)
	require.Empty(t, l.mail)
	require.Equal(t, placement.Epoch(1), l.cores[nodeA].config.Epoch)
}

// An operation that waits, its value being at the backup already, and whose time is over
// leaves nothing there.
func TestLargeValueOfOneThatTimesOutIsDropped(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte(large), Tag: "large", Deadline: l.now + store.Instant(time.Second)})
	l.mute(nodeB)
	l.settle()
	require.Len(t, l.cores[nodeB].staged, 1)
	l.open("large")
	l.pass(2 * time.Second)
	l.settle()
	require.Equal(t, Timeout, l.answer("large").Status)
	require.Empty(t, l.cores[nodeB].staged)
	require.Empty(t, l.cores[nodeA].replica(nodeB).bodies)
}

// A value and the one before it that is to be returned, which would be in one entry, must be
// no more together than a peer takes.
func TestOldValueAndNewOneAreBoundedTogether(t *testing.T) {
	l := largeLab(t, 1<<20)
	c := l.cores[nodeA]
	c.node.limits.Value = 500
	l.put(nodeA, "put", "k", large)
	l.settle()
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte(large), Old: true, ID: RequestID{Client: 1, Seq: 1}, Tag: "swap"})
	l.settle()
	require.Equal(t, TooLarge, l.answer("swap").Status)
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("small"), Old: true, ID: RequestID{Client: 1, Seq: 2}, Tag: "fits"})
	l.settle()
	require.Equal(t, large, string(l.answer("fits").Value))
	require.Empty(t, l.cores[nodeB].staged)
}
