package replica

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

// Operations on one key are numbered in the order in which they came: see
// "Order" in DESIGN.md.

// trail adds letters to a key, and tells their order.
func (l *lab) trail(letters string) {
	for _, letter := range letters {
		l.add(string(letter), "k", string(letter))
	}
}

func (l *lab) requireTrail(want string) {
	l.t.Helper()
	require.Equal(l.t, want, l.stored(nodeA, "k"))
	for i, letter := range want {
		require.Equal(l.t, want[:i], string(l.answer(string(letter)).Value))
	}
	require.Equal(l.t, lines{}, lines{ahead: l.cores[nodeA].clients.lines.ahead, held: l.cores[nodeA].clients.lines.held})
}

func TestOperationsDoNotOvertakeOneThatIsUploaded(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "large", "k", large)
	l.put(nodeA, "small", "k", "")
	l.trail("ab")
	l.put(nodeA, "free", "free", "v")
	l.round()
	l.round()
	require.Equal(t, OK, l.answer("free").Status)
	for _, tag := range []string{"large", "small", "a", "b"} {
		l.open(tag)
	}
	l.settle()
	require.Equal(t, Number(2), l.answer("large").Version)
	require.Equal(t, Number(3), l.answer("small").Version)
	l.requireTrail("ab")
}

// Schedule: the lease has lapsed and comes back; an operation comes before the
// node has got round to those that were held meanwhile.
func TestOperationsDoNotOvertakeThoseThatWaitForALease(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.mute(nodeB)
	l.trail("ab")
	l.silent = nil
	l.refresh()
	require.True(t, l.cores[nodeA].Serves(l.now))
	l.trail("c")
	l.put(nodeA, "free", "free", "v")
	require.Equal(t, Number(1), l.cores[nodeA].log.last, "only other keys are free")
	l.tick(nodeA)
	l.trail("d")
	l.settle()
	l.requireTrail("abcd")
}

func TestOperationsDoNotOvertakeOneThatWaitsForAView(t *testing.T) {
	l := newLab(t)
	l.pair()
	ahead := &decider{decide: func(was []State, then []Decision) []byte {
		then[0] = Decision{Verdict: Put, Value: append(slices.Clip(was[0].Value), 'a')}
		return was[0].Value
	}}
	l.do(nodeA, Op{Kind: OpUpdate, Key: []byte("k"), Decide: ahead, Epoch: 4, Tag: "a"})
	l.trail("bc")
	l.get(nodeA, "get", "k")
	require.Equal(t, OK, l.answer("get").Status, "reads of what is committed stand in no line")
	l.pass(200 * time.Millisecond)
	l.open("b")
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}))
	l.settle()
	l.requireTrail("abc")
}

func TestThoseBehindGoOnWhenOneTimesOut(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.do(nodeA, Op{Kind: OpDelete, Key: []byte("k"), Epoch: 4, Deadline: l.now + 1, Tag: "first"})
	l.trail("ab")
	l.pass(20 * time.Millisecond)
	require.Equal(t, Timeout, l.answer("first").Status)
	l.settle()
	l.requireTrail("ab")
}

func TestOperationsDoNotOvertakeOneThatIsStarved(t *testing.T) {
	l := newLab(t)
	l.timing.Evict = time.Second
	l.start(nodeA, 1000, DefaultLimits())
	l.alone()
	for n := range 3 {
		l.put(nodeA, "put", fmt.Sprint("old", n), strings.Repeat("v", 200))
		require.Equal(t, OK, l.answer("put").Status)
	}
	l.put(nodeA, "large", "k", strings.Repeat("v", 500))
	l.open("large")
	l.put(nodeA, "small", "k", "")
	l.trail("ab")
	l.open("small")
	l.put(nodeA, "free", "free", "v")
	require.Equal(t, OK, l.answer("free").Status)
	for range 3 {
		l.cores[nodeA].Evict(l.now, 0, 10, &l.out)
		l.collect(nodeA)
		l.tick(nodeA)
	}
	require.Equal(t, OK, l.answer("large").Status)
	require.Equal(t, OK, l.answer("small").Status)
	l.requireTrail("ab")
}

func TestOrderLastsThroughAChangeOfTheConfiguration(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "large", "k", large)
	l.put(nodeA, "small", "k", "")
	l.trail("a")
	l.round()
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.trail("b")
	l.settle()
	l.requireTrail("ab")
	l.done = nil

	l.put(nodeA, "large", "k", large)
	l.trail("c")
	l.round()
	l.adoptAll(config(5, nodeB, incs{nodeA, nodeB}))
	l.settle()
	require.Equal(t, Moved, l.answer("large").Status)
	require.Equal(t, Moved, l.answer("c").Status)
	require.Nil(t, l.cores[nodeA].clients.lines.ahead)
	require.Nil(t, l.cores[nodeA].clients.lines.held)
}

func TestCrowdedOperationsKeepTheirOrder(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 1<<20, Limits{Batch: 1 << 10, Chunk: 1 << 10, Window: 1 << 20, Lag: 1 << 20, Log: 300, Value: 1 << 20, Body: 1 << 20})
	l.pair()
	l.trail("abcdefgh")
	require.NotEmpty(t, l.cores[nodeA].clients.held)
	l.round()
	l.trail("ij")
	l.settle()
	l.requireTrail("abcdefghij")
}

// Bodies stand for one upload each: many that wait must not be taken up again
// and again while it lasts.
func TestThoseBehindAreNotRunInVain(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "large", "k", large)
	behind := l.add("behind", "k", "x")
	a := l.cores[nodeA]
	for n := range 3 {
		l.put(nodeA, "other", fmt.Sprint("other", n), "v")
		l.tick(nodeA)
		require.True(t, a.clients.lines.stuck || n == 0)
	}
	l.now += store.Instant(time.Millisecond)
	l.settle()
	require.Equal(t, 1, behind.ran)
	require.True(t, l.answer("behind").Found)
}
