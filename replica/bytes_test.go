package replica

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

// The store's bytes are its own again with the next write: what is kept for
// later must be a copy.

// Schedule: a read and a write of the same key are held. When they are run,
// one behind the other, the write takes the place of the value just read.
func TestHeldReadKeepsItsValue(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.put(nodeA, "first", "k", "old")
	l.do(nodeA, Op{Kind: OpGet, Key: []byte("k"), Epoch: 2, Tag: "get"})
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("new"), Epoch: 2, Tag: "put"})
	l.open("get")
	l.adopt(nodeA, config(2, nodeA, incs{nodeA}))
	require.Equal(t, "old", string(l.answer("get").Value))
	require.Equal(t, "new", l.stored(nodeA, "k"))
}

func TestOldValueIsACopy(t *testing.T) {
	for _, replicas := range []string{"one", "two"} {
		l := newLab(t)
		if l.alone(); replicas == "two" {
			l.pair()
		}
		l.put(nodeA, "first", "k", "old")
		l.settle()
		l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("new"), Old: true, ID: RequestID{Client: 1, Seq: 1}, Tag: "swap"})
		l.settle()
		require.Equal(t, "old", string(l.answer("swap").Value))
		l.put(nodeA, "third", "k", "3rd")
		l.settle()
		l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("new"), Old: true, ID: RequestID{Client: 1, Seq: 1, Attempt: 2}, Tag: "again"})
		require.Equal(t, "old", string(l.answer("again").Value), "the record is the value that was answered")
	}
}

// However a fill ends, the store keeps nothing for it any more.
func TestEndOfAFillFreesItsSnapshot(t *testing.T) {
	for name, end := range map[string]func(l *lab){
		"learner dropped":  func(l *lab) { l.adopt(nodeA, config(3, nodeA, incs{nodeA})) },
		"another epoch":    func(l *lab) { l.adopt(nodeA, config(3, nodeA, incs{nodeA}, nodeC)) },
		"primary replaced": func(l *lab) { l.adopt(nodeA, config(3, nodeC, incs{nodeC, nodeA})) },
		"filled":           (*lab).settle,
		"log too long": func(l *lab) {
			c := l.cores[nodeA]
			c.node.limits.Log = 100
			l.put(nodeA, "more", "0", "0")
			l.heard = l.now + store.Instant(time.Hour)
			l.tick(nodeA)
		},
		"no memory there": func(l *lab) {
			c := l.cores[nodeA]
			c.fillAcked(l.now, c.replicas[0], &Message{Full: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.alone()
			l.put(nodeA, "put", "0", "0")
			before := l.cores[nodeA].engine.Bytes()
			l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
			for l.cores[nodeA].replicas[0].fill == nil {
				l.round()
			}
			require.Greater(t, l.cores[nodeA].engine.Bytes(), before, "a snapshot is accounted")
			end(l)
			require.LessOrEqual(t, l.cores[nodeA].engine.Bytes(), before+10, "but for what was overwritten meanwhile")
		})
	}
}

func TestClosedCoreHoldsNothing(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.put(nodeA, "put", "k", "v")
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	for l.cores[nodeA].replicas[0].fill == nil {
		l.round()
	}
	l.cores[nodeA].Close()
	require.Zero(t, l.cores[nodeA].node.memory.Used())
}

// A backup counts what it has not applied yet: the primaries hear of its room, and
// over many partitions what waits is much.
func TestABackupCountsWhatIsNotCommitted(t *testing.T) {
	l := newLab(t)
	l.pair()
	b := l.cores[nodeB]
	empty := b.node.memory.Used()
	value := strings.Repeat("v", 1000)
	l.put(nodeA, "put", "k", value)
	l.settle()
	require.Equal(t, "", l.stored(nodeB, "k"), "it learns of the commit with what is sent next")
	require.GreaterOrEqual(t, b.node.memory.Used()-empty, int64(len(value)))
	l.put(nodeA, "next", "n", "")
	l.settle()
	require.Equal(t, value, l.stored(nodeB, "k"))
	one := b.node.memory.Used() - empty
	require.Less(t, one, int64(2*len(value)), "it counts once")
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(2 * l.timing.Retry)
	l.settle()
	require.Zero(t, b.charged)
	require.Equal(t, b.engine.Bytes(), b.node.memory.Used(), "all is applied")
	b.Close()
	require.Zero(t, b.node.memory.Used())
}
