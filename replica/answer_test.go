package replica

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// What answers promise: see "Answers" in DESIGN.md.

func TestAnswerThatDependsOnAnEntryWaitsForItsCommit(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.del(nodeA, "del", "k")
	l.del(nodeA, "none", "k")
	l.put(nodeA, "back", "k", "w")
	l.del(nodeA, "last", "k")
	for _, tag := range []string{"put", "del", "none", "back", "last"} {
		l.open(tag) // each depends on the entry before
	}
	l.settle()
	require.True(t, l.answer("del").Found)
	require.False(t, l.answer("none").Found)
	require.True(t, l.answer("last").Found)
}

func TestRemovalOfWhatIsNotThereNeedsNoEntry(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.del(nodeA, "del", "k")
	done := l.answer("del")
	require.Equal(t, OK, done.Status)
	require.False(t, done.Found)
	require.Zero(t, l.cores[nodeA].log.last)
}

func TestRedirectNamesTheOwnerAndTheEpoch(t *testing.T) {
	l := newLab(t)
	l.get(nodeB, "early", "k")
	require.Equal(t, Unavailable, l.answer("early").Status)
	l.pair()
	l.put(nodeB, "put", "k", "v")
	done := l.answer("put")
	require.Equal(t, Moved, done.Status)
	require.Equal(t, nodeA, done.Owner)
	require.Equal(t, placement.Epoch(3), done.Epoch)
	require.Zero(t, l.cores[nodeB].log.last)
}

// The client has heard of a view that this node has not: sending it back to
// the node that redirected it would go round in circles.
func TestNodeThatIsBehindItsClientWaitsForTheView(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.do(nodeC, Op{Kind: OpGet, Key: []byte("k"), Epoch: 4, Tag: "get"})
	l.do(nodeA, Op{Kind: OpGet, Key: []byte("k"), Epoch: 4, Tag: "old owner"})
	l.open("get")
	l.open("old owner")
	require.Equal(t, placement.Epoch(4), l.behind)
	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	require.Equal(t, Moved, l.answer("get").Status)
	l.settle()
	require.Equal(t, nodeB, l.answer("old owner").Owner)
}

func TestHeldOperationTimesOutWithoutEffect(t *testing.T) {
	l := newLab(t)
	l.pair()
	deadline := l.now + store.Instant(100*time.Millisecond)
	value := []byte("v")
	l.do(nodeC, Op{Kind: OpPut, Key: []byte("k"), Value: value, Epoch: 9, Deadline: deadline, Tag: "put"})
	require.True(t, l.cores[nodeC].Active())
	l.pass(80 * time.Millisecond)
	l.open("put")
	l.pass(20 * time.Millisecond)
	require.Equal(t, Timeout, l.answer("put").Status)
	l.adoptAll(config(9, nodeC, incs{nodeC}))
	require.Zero(t, l.cores[nodeC].log.last)
	require.Empty(t, l.done, "it was answered once")
}

func TestNumberedOperationThatTimesOutHasAnUnknownFate(t *testing.T) {
	l := newLab(t)
	l.pair()
	deadline := l.now + store.Instant(100*time.Millisecond)
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("v"), Deadline: deadline, Tag: "put"})
	late := l.lose(nodeB)
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(100 * time.Millisecond)
	require.Equal(t, UnknownFate, l.answer("put").Status)
	for _, mail := range late {
		l.deliver(mail)
	}
	l.settle()
	require.Equal(t, "v", l.stored(nodeA, "k"), "it does take effect after all")
	require.Empty(t, l.done, "it was answered once")
	require.False(t, l.cores[nodeA].clients.waiting())
}

// The register hands over without having been asked (an operator might force
// it): what was numbered may be lost or committed by the next primary.
func TestWriteOfAPrimaryThatIsReplacedHasAnUnknownFate(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.lose(nodeB)
	l.adopt(nodeA, config(4, nodeB, incs{nodeA, nodeB}))
	require.Equal(t, UnknownFate, l.answer("put").Status)
	require.Equal(t, l.cores[nodeA].charged, l.cores[nodeA].node.memory.Used(), "what it reserved is given back; the log counts")
	require.False(t, l.cores[nodeA].clients.waiting())
}

func TestReadSeesCommittedStateWhileAWriteIsPending(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "old", "k", "old")
	l.settle()
	l.put(nodeA, "new", "k", "new")
	l.get(nodeA, "get", "k")
	require.Equal(t, "old", string(l.answer("get").Value))
	l.settle()
	l.get(nodeA, "get", "k")
	got := l.answer("get")
	require.Equal(t, "new", string(got.Value))
	require.Equal(t, Number(2), got.Version)
}

func TestScanIsForServingPrimariesOnly(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("gone"), Value: []byte("v"), TTL: time.Millisecond, Tag: "ttl"})
	l.settle()
	l.now += store.Instant(time.Second)
	var keys []string
	yield := func(key []byte) { keys = append(keys, string(key)) }
	next, ok := l.cores[nodeA].Scan(l.now, 0, nil, 10, yield)
	require.True(t, ok)
	require.Zero(t, next)
	require.Equal(t, []string{"k"}, keys, "what has expired is left out")
	_, ok = l.cores[nodeB].Scan(l.now, 0, nil, 10, yield)
	require.False(t, ok)
	l.suggest(nodeA, placement.HandOver, nodeB)
	l.settle()
	_, ok = l.cores[nodeA].Scan(l.now, 0, nil, 10, yield)
	require.False(t, ok)
}
