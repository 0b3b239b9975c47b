package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Eviction: see "Eviction" in DESIGN.md. Each test is a schedule that would break
// a promise if an eviction were not an entry like others.

// evicting has all nodes evict, with so much memory each.
func (l *lab) evicting(memory int64) {
	l.timing.Evict = 3 * time.Second
	for _, inc := range everyone {
		l.start(inc, memory, DefaultLimits())
	}
}

// evict has a node evict a key; all are in its sample.
func (l *lab) evict(inc placement.Incarnation) (freed int64) {
	l.refresh()
	freed = l.cores[inc].Evict(l.now, 0, 1000, &l.out)
	l.collect(inc)
	return freed
}

// value is one of n bytes.
func value(n int) string { return string(make([]byte, n)) }

func TestEvictedKeyDoesNotComeBackWithTheNextPrimary(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	require.Positive(t, l.evict(nodeA))
	l.get(nodeA, "early", "k")
	require.True(t, l.answer("early").Found, "until every replica is bound to remove it, it is there")
	l.round() // B has the removal, A does not know that yet
	l.get(nodeA, "still", "k")
	require.True(t, l.answer("still").Found)
	l.settle()
	l.get(nodeA, "late", "k")
	require.False(t, l.answer("late").Found)

	l.adopt(nodeB, placement.Partition{Epoch: 4, Primary: nodeB, InSync: incs{nodeB}, Replaced: true})
	l.pass(time.Second)
	l.get(nodeB, "get", "k")
	require.False(t, l.answer("get").Found)
}

func TestEvictionSparesAKeyThatIsBeingWritten(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	l.put(nodeA, "put", "k", "old")
	l.settle()
	l.put(nodeA, "again", "k", "new")
	require.Zero(t, l.evict(nodeA), "its old value will make way by itself")
	l.settle()
	require.Equal(t, "new", l.stored(nodeA, "k"))
}

func TestWriteBehindAPendingEvictionStays(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	l.put(nodeA, "put", "k", "old")
	l.settle()
	l.evict(nodeA)
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("xx"), If: IfPresent, Tag: "xx"})
	l.open("xx")
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("nx"), If: IfAbsent, Tag: "nx"})
	require.Zero(t, l.evict(nodeA))
	l.settle()
	require.Equal(t, ConditionFailed, l.answer("xx").Status)
	require.Equal(t, OK, l.answer("nx").Status)
	l.put(nodeA, "next", "other", "v")
	l.settle()
	require.Equal(t, "nx", l.stored(nodeA, "k"))
	require.Equal(t, "nx", l.stored(nodeB, "k"))
}

func TestRetriedWriteWhoseValueWasEvictedKeepsItsOutcome(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	first := Op{Kind: OpPut, Key: []byte("k"), Value: []byte("v"), If: IfAbsent, ID: RequestID{Client: 7, Seq: 1, Attempt: 1}, Tag: "first"}
	again := first
	again.Key, again.Tag, again.ID.Attempt = []byte("k"), "again", 2
	l.do(nodeA, first)
	l.settle()
	version := l.answer("first").Version
	l.evict(nodeA)
	l.settle()
	l.do(nodeA, again)
	done := l.answer("again")
	require.Equal(t, OK, done.Status)
	require.Equal(t, version, done.Version)
	require.Empty(t, l.stored(nodeA, "k"), "it does not take effect again")
}

func TestOnlyAPrimaryThatServesEvicts(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	l.put(nodeA, "next", "other", "v")
	l.settle()
	require.Zero(t, l.evict(nodeB))
	l.mute(nodeB)
	require.Zero(t, l.evict(nodeA), "its lease has lapsed")
	require.Equal(t, "v", l.stored(nodeA, "k"))
	require.Equal(t, "v", l.stored(nodeB, "k"))
}

func TestWithoutEvictionNothingIsEvicted(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	require.Zero(t, l.evict(nodeA))
}

func TestExpiredKeysAreEvictedFirst(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.alone()
	l.pass(time.Second)
	l.put(nodeA, "cold", "cold", "v")
	l.cores[nodeA].node.memory.Tick()
	l.putFor(nodeA, "due", "due", "v", time.Second)
	l.now += store.Instant(time.Second)
	l.evict(nodeA)
	require.Equal(t, "v", l.stored(nodeA, "cold"))
	require.Empty(t, l.stored(nodeA, "due"))
	l.evict(nodeA)
	require.Empty(t, l.stored(nodeA, "cold"))
}

func TestTheColdestOfASampleIsEvicted(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.alone()
	l.pass(time.Second)
	for i := range 20 {
		l.put(nodeA, "put", fmt.Sprint(i), "v")
	}
	l.cores[nodeA].node.memory.Tick()
	for i := range 20 {
		if i != 11 {
			l.get(nodeA, "get", fmt.Sprint(i))
		}
	}
	ticks, ok := l.cores[nodeA].Coldness(0, 1000)
	require.True(t, ok)
	require.Equal(t, uint32(1), ticks)
	l.evict(nodeA)
	require.Empty(t, l.stored(nodeA, "11"))
}

// A write waits until others are evicted, here.
func TestWriteWaitsForRoomAtThePrimary(t *testing.T) {
	l := newLab(t)
	l.evicting(1000)
	l.alone()
	l.pass(time.Second)
	l.put(nodeA, "first", "a", value(700))
	l.put(nodeA, "second", "b", value(700))
	l.open("second")
	l.get(nodeA, "get", "a")
	require.True(t, l.answer("get").Found, "reads go on")
	l.put(nodeA, "small", "c", "v")
	require.Equal(t, OK, l.answer("small").Status, "who finds room is not held up")
	l.pass(20 * time.Millisecond)
	l.open("second")
	l.evict(nodeA)
	l.evict(nodeA)
	l.pass(20 * time.Millisecond)
	require.Equal(t, OK, l.answer("second").Status)
	require.Len(t, l.stored(nodeA, "b"), 700)
}

// A backup is full: the primary, which has room, evicts what both hold.
func TestWriteWaitsForRoomAtABackup(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	l.put(nodeA, "first", "a", value(700))
	l.settle()
	pair := l.pairs[[2]placement.Incarnation{nodeA, nodeB}]
	pair.SetRoom(100, 0)
	require.Negative(t, pair.Lacks())
	l.put(nodeA, "second", "b", value(700))
	l.open("second")
	require.Positive(t, pair.Lacks())
	l.evict(nodeA)
	require.LessOrEqual(t, pair.Lacks(), int64(0), "what was evicted counts as room to come")
	l.settle()
	l.pass(20 * time.Millisecond)
	l.open("second")
	pair.SetRoom(800, 0) // the backup tells
	l.pass(20 * time.Millisecond)
	l.settle()
	require.Equal(t, OK, l.answer("second").Status)
}

func TestWriteIsRefusedWhenNothingMoreCanBeEvicted(t *testing.T) {
	l := newLab(t)
	l.evicting(1000)
	l.alone()
	l.pass(time.Second)
	l.put(nodeA, "never", "k", value(2000))
	require.Equal(t, OutOfMemory, l.answer("never").Status, "it would not fit into the whole memory")
	l.cores[nodeA].node.memory.Force(900)
	defer l.cores[nodeA].node.memory.Release(900)
	l.put(nodeA, "put", "k", value(500))
	l.open("put")
	l.pass(l.timing.Evict - time.Second)
	l.open("put")
	l.pass(2 * time.Second)
	require.Equal(t, OutOfMemory, l.answer("put").Status)
	require.False(t, l.cores[nodeA].Active())
}

func TestWriteThatWaitsForRoomIsRedirected(t *testing.T) {
	l := newLab(t)
	l.evicting(1000)
	l.pair()
	l.put(nodeA, "first", "a", value(700))
	l.settle()
	l.put(nodeA, "second", "b", value(700))
	l.open("second")
	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	l.settle()
	done := l.answer("second")
	require.Equal(t, Moved, done.Status)
	require.Equal(t, nodeB, done.Owner)
}

func TestReplicasEvictTogether(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.settle()
	for i := range 10 {
		l.put(nodeA, "put", fmt.Sprint(i), "v")
	}
	l.settle()
	for range 5 {
		require.Positive(t, l.evict(nodeA))
		l.settle()
	}
	l.put(nodeA, "last", "k", "v")
	l.settle()
	l.pass(2 * time.Second)
	l.settle()
	for _, inc := range everyone {
		require.Equal(t, 6, l.cores[inc].engine.Len(), "%v", inc)
	}
}

// A learner whose node is full is not given up: its primaries evict for it.
func TestFillWaitsForRoomAtTheLearner(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.alone()
	l.pass(time.Second)
	for i := range 10 {
		l.put(nodeA, "put", fmt.Sprint(i), value(100))
	}
	b := l.cores[nodeB]
	b.node.memory.Force(1 << 20)
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	require.False(t, b.fill.done)
	l.pass(time.Second)
	l.settle()
	require.Empty(t, l.asked(placement.Drop))
	b.node.memory.Release(1 << 20)
	l.heard = l.now
	l.pass(200 * time.Millisecond)
	l.settle()
	require.True(t, b.fill.done)
}

func TestFillIsGivenUpWhenTheLearnerStaysFull(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.alone()
	l.pass(time.Second)
	l.put(nodeA, "put", "k", "v")
	b := l.cores[nodeB]
	b.node.memory.Force(1 << 20)
	defer b.node.memory.Release(1 << 20)
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	for range 50 {
		l.heard = l.now
		l.settle()
		l.pass(100 * time.Millisecond)
	}
	require.NotEmpty(t, l.asked(placement.Drop))
}

func TestLargeValueWaitsForRoomAtABackup(t *testing.T) {
	l := newLab(t)
	l.evicting(1 << 20)
	l.pair()
	b := l.cores[nodeB]
	b.node.memory.Force(1 << 20)
	l.put(nodeA, "large", "k", value(100<<10))
	l.settle()
	l.open("large")
	l.pass(200 * time.Millisecond)
	l.settle()
	l.open("large")
	b.node.memory.Release(1 << 20)
	l.pass(200 * time.Millisecond)
	l.settle()
	require.Equal(t, OK, l.answer("large").Status)
}
