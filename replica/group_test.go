package replica

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

// Several keys in one entry: see "Groups" in DESIGN.md.

// mset puts a value under each key.
func (l *lab) mset(tag, value string, keys ...string) {
	l.group(tag, keys, func(_ []State, then []Decision) []byte {
		for i := range then {
			then[i] = Decision{Verdict: Put, Value: fmt.Appendf(nil, "%s%d", value, i)}
		}
		return nil
	})
}

// rename moves a value, or copies it.
func (l *lab) rename(tag, from, to string, leaves bool) {
	l.group(tag, []string{from, to}, func(was []State, then []Decision) []byte {
		if !was[0].Exists {
			return nil
		}
		then[1] = Decision{Verdict: Copy, From: 0, KeepTTL: true}
		if !leaves {
			then[0] = Decision{Verdict: Delete}
		}
		return was[0].Value
	})
}

// shows checks what a node's store has: keys and values, one after the other.
func (l *lab) shows(inc int, want ...string) {
	l.t.Helper()
	for i := 0; i < len(want); i += 2 {
		require.Equal(l.t, want[i+1], l.stored(everyone[inc], want[i]), want[i])
	}
}

func TestGroupIsOneEntry(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "b", "old")
	l.mset("mset", "v", "c", "a", "b")
	l.group("read", []string{"a", "b", "none"}, func(was []State, _ []Decision) []byte {
		require.Equal(t, []State{{Exists: true, Value: []byte("v1"), Version: 2}, {Exists: true, Value: []byte("v2"), Version: 2}, {}}, was)
		return []byte("seen")
	})
	l.open("read")
	require.Equal(t, Number(2), l.cores[nodeA].log.last)
	l.settle()
	done := l.answer("mset")
	require.True(t, done.Found)
	require.Equal(t, Number(2), done.Version)
	require.Equal(t, Done{Tag: "read", Value: []byte("seen")}, l.answer("read"))
	l.put(nodeA, "put", "next", "")
	l.settle()
	l.shows(1, "a", "v1", "b", "v2", "c", "v0")
	it, _ := l.cores[nodeB].engine.Get([]byte("a"))
	require.Equal(t, uint64(2), it.Version)
}

func TestGroupDecidesForAllOrNothing(t *testing.T) {
	l := newLab(t)
	l.pair()
	setNX := func(tag string) {
		l.group(tag, []string{"a", "b"}, func(was []State, then []Decision) []byte {
			if was[0].Exists || was[1].Exists {
				return []byte("0")
			}
			then[0], then[1] = Decision{Verdict: Put, Value: []byte("1")}, Decision{Verdict: Put, Value: []byte("2")}
			return []byte("1")
		})
	}
	setNX("first")
	setNX("second")
	l.group("del", []string{"b", "x", "a"}, func(was []State, then []Decision) []byte {
		for i := range then {
			then[i].Verdict = Delete
		}
		return nil
	})
	setNX("third")
	l.settle()
	require.Equal(t, "1", string(l.answer("first").Value))
	second := l.answer("second")
	require.Equal(t, "0", string(second.Value))
	require.False(t, second.Found)
	require.True(t, l.answer("del").Found)
	require.Equal(t, "1", string(l.answer("third").Value))
	require.Equal(t, Number(3), l.cores[nodeA].log.last)
}

// Schedule: entry 2 of A is a group that B lacks when it takes over.
func TestGroupOfALostTailIsGoneAltogether(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB, nodeC))
	l.settle()
	l.adoptAll(config(3, nodeA, incs{nodeA, nodeB, nodeC}))
	l.settle()
	l.mset("first", "v", "a", "b")
	l.settle()
	l.mset("lost", "w", "a", "b")
	l.lose(nodeB)
	l.round()
	l.lose(nodeA)
	require.Equal(t, Number(2), l.cores[nodeC].log.last)
	l.down = nodeA
	next := config(4, nodeB, incs{nodeB, nodeC})
	next.Replaced = true
	l.adopt(nodeB, next)
	l.adopt(nodeC, next)
	l.heard = l.now + store.Instant(time.Hour)
	l.settle()
	l.pass(DefaultTiming().Wait)
	l.do(nodeB, Op{Kind: OpPut, Key: []byte("a"), Value: []byte("x"), Tag: "put"})
	l.settle()
	require.Equal(t, OK, l.answer("put").Status)
	l.do(nodeB, Op{Kind: OpPut, Key: []byte("c"), Tag: "put"})
	l.settle()
	l.shows(1, "a", "x", "b", "v1")
	l.shows(2, "a", "x", "b", "v1")
}

func TestRenameNamesTheValueWhereverItLies(t *testing.T) {
	value := strings.Repeat("v", 10_000)
	for committed := range 6 { // so many of the entries before the last look
		l := newLab(t)
		l.pair()
		l.mset("mset", value, "a", "z")
		l.rename("ab", "a", "b", false)
		l.update("touch", "b", func(State) (Decision, []byte) { return Decision{Verdict: Touch, TTL: time.Hour}, nil })
		l.rename("bc", "b", "c", false)
		l.put(nodeA, "put", "b", "new")
		l.rename("ca", "c", "a", true)
		mail := l.lose(nodeB)
		require.Len(t, mail, 6)
		for _, m := range mail[1:] {
			require.True(t, len(m.frame) < 100, "%d bytes", len(m.frame))
		}
		for _, m := range mail[:committed] {
			l.deliver(m)
			l.round()
		}
		require.Equal(t, Number(committed), l.cores[nodeA].log.commit)
		l.group("read", []string{"a", "b", "c", "z"}, func(was []State, _ []Decision) []byte {
			require.Equal(t, value+"0", string(was[0].Value), "after %d", committed)
			require.Equal(t, "new", string(was[1].Value))
			require.Equal(t, value+"0", string(was[2].Value))
			require.Equal(t, value+"1", string(was[3].Value))
			require.Equal(t, []Number{6, 5, 4, 1}, []Number{was[0].Version, was[1].Version, was[2].Version, was[3].Version})
			require.Equal(t, time.Hour, was[0].TTL)
			require.Equal(t, time.Hour, was[2].TTL)
			return nil
		})
		for _, m := range mail[committed:] {
			l.deliver(m)
		}
		l.settle()
		require.Equal(t, OK, l.answer("read").Status)
		l.put(nodeA, "next", "next", "")
		l.settle()
		for node := range 2 {
			l.shows(node, "a", value+"0", "b", "new", "c", value+"0", "z", value+"1")
		}
	}
}

// The places of copies that are committed must not be kept by those that are not.
func TestPlacesOfCopiesDoNotPileUp(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "a", "v")
	names := [2]string{"a", "b"}
	for n := range 100 {
		l.rename("rename", names[n%2], names[1-n%2], false)
		if n > 3 { // the entry before four others, and its acknowledgement
			first := l.mail[0]
			l.mail = l.mail[1:]
			l.deliver(first)
			ack := l.lose(nodeA)
			require.Len(t, ack, 1)
			l.deliver(ack[0])
		}
	}
	last, touched := l.cores[nodeA].clients.pending.touchOf([]byte("a"))
	require.True(t, touched)
	n := 0
	for p := last.at; p != nil; p = p.before {
		n++
	}
	require.LessOrEqual(t, n, 6)
	l.settle()
	l.shows(0, "a", "v", "b", "")
}

func TestGroupThatFindsAKeyExpiredRemovesIt(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "put", "a", "v", time.Second)
	l.putFor(nodeA, "put", "b", "v", time.Second)
	l.settle()
	l.now += store.Instant(time.Second)
	l.refresh()
	l.group("read", []string{"a", "b"}, func(was []State, _ []Decision) []byte {
		require.False(t, was[0].Exists || was[1].Exists)
		return nil
	})
	l.open("read")
	l.settle()
	require.Equal(t, OK, l.answer("read").Status)
	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	l.settle()
	l.shows(1, "a", "", "b", "")
	require.Equal(t, Number(3), l.cores[nodeA].log.last)

	l.group("wrong", []string{"a"}, func([]State, []Decision) []byte { return nil })
	require.Equal(t, Moved, l.answer("wrong").Status)
}

func TestGroupsThatCannotBe(t *testing.T) {
	l := newLab(t)
	limits := DefaultLimits()
	limits.Value, limits.Keys = 100, 3
	l.start(nodeA, 1<<20, limits)
	l.alone()
	status := func(tag string) Status { return l.answer(tag).Status }
	l.mset("none", "v")
	require.Equal(t, Malformed, status("none"))
	l.mset("twice", "v", "a", "b", "a")
	require.Equal(t, Malformed, status("twice"))
	l.mset("keys", "v", "a", "b", "c", "d")
	require.Equal(t, TooLarge, status("keys"))
	l.mset("bytes", strings.Repeat("v", 50), "a", "b")
	require.Equal(t, TooLarge, status("bytes"))
	l.group("copies", []string{"a", "b"}, func(_ []State, then []Decision) []byte {
		then[0], then[1] = Decision{Verdict: Copy, From: 1}, Decision{Verdict: Copy, From: 0}
		return nil
	})
	require.Equal(t, Malformed, status("copies"))
	require.Zero(t, l.cores[nodeA].log.last)
	l.rename("absent", "x", "y", false)
	require.False(t, l.answer("absent").Found)
}

func TestGroupKeepsItsPlaceOnAllItsKeys(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.put(nodeA, "large", "a", large)
	l.rename("rename", "a", "b", false)
	l.put(nodeA, "after", "b", "v")
	l.put(nodeA, "free", "c", "v")
	l.settle()
	require.Equal(t, Number(1), l.answer("free").Version)
	require.Equal(t, Number(3), l.answer("rename").Version)
	require.Equal(t, Number(4), l.answer("after").Version)
	l.shows(0, "a", "", "b", "v")
}

func TestLargeGroupIsUploaded(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.mset("mset", large, "a", "b", "c")
	require.Zero(t, l.cores[nodeA].log.last)
	l.put(nodeA, "free", "free", "v")
	l.settle()
	require.Equal(t, Number(2), l.answer("mset").Version, "others go on")
	l.put(nodeA, "next", "next", "v")
	l.settle()
	for node := range 2 {
		l.shows(node, "a", large+"0", "b", large+"1", "c", large+"2")
	}
	require.Empty(t, l.cores[nodeB].staged)
	b := l.cores[nodeB]
	require.Equal(t, b.engine.Bytes()+b.charged, b.node.memory.Used())
}

func TestGroupsWithManyKeysFindThemPending(t *testing.T) {
	l := newLab(t)
	l.pair()
	var keys []string
	for n := range 3 * few {
		keys = append(keys, fmt.Sprint("k", n))
	}
	l.mset("first", "v", keys...)
	l.put(nodeA, "put", "k7", "w")
	l.group("read", keys, func(was []State, _ []Decision) []byte {
		for i := range was {
			if i != 7 {
				require.Equal(t, fmt.Sprint("v", i), string(was[i].Value))
			}
		}
		require.Equal(t, "w", string(was[7].Value))
		return nil
	})
	l.settle()
	require.Equal(t, OK, l.answer("read").Status)
	require.Nil(t, l.cores[nodeA].clients.pending.touched)
}

func TestGroupReservesWhatItNeeds(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 600, DefaultLimits())
	l.alone()
	l.mset("fits", strings.Repeat("v", 200), "a", "b")
	require.Equal(t, OK, l.answer("fits").Status)
	l.mset("over", strings.Repeat("v", 200), "c", "d")
	require.Equal(t, OutOfMemory, l.answer("over").Status)
	l.rename("rename", "a", "c", false)
	require.Equal(t, OK, l.answer("rename").Status, "what it gives back counts")
	l.shows(0, "a", "", "c", strings.Repeat("v", 200)+"0", "d", "")
}

func TestNamedGroupTakesEffectOnce(t *testing.T) {
	l := newLab(t)
	l.pair()
	try := func(tag string, seq, attempt uint64, verdict Verdict) {
		d := &decider{decide: func(was []State, then []Decision) []byte {
			then[0] = Decision{Verdict: verdict, Value: append([]byte("x"), was[0].Value...)}
			return was[0].Value
		}}
		l.try(nodeA, tag, seq, attempt, Op{Kind: OpGroup, Keys: [][]byte{[]byte("a"), []byte("b")}, Decide: d})
	}
	l.put(nodeA, "put", "a", "v")
	try("first", 1, 1, Put)
	try("second", 1, 2, Put)
	try("kept", 2, 2, Keep)
	try("delayed", 2, 1, Put)
	l.settle()
	require.Equal(t, "v", string(l.answer("second").Value))
	require.Equal(t, "xv", string(l.answer("delayed").Value))
	l.shows(0, "a", "xv")
}
