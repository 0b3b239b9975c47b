package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Exactly once: see "Records" in DESIGN.md.

// try makes an attempt at a write of client 7.
func (l *lab) try(inc placement.Incarnation, tag string, seq, attempt uint64, op Op) {
	if op.Kind == 0 {
		op.Kind = OpIncr
		op.Delta = 1
	}
	if op.Key == nil {
		op.Key = []byte("n")
	}
	op.Tag = tag
	op.ID.Client, op.ID.Seq, op.ID.Attempt = 7, seq, attempt
	l.do(inc, op)
}

func finished(below uint64) Op { return Op{ID: RequestID{Finished: below}} }

func TestRepeatedRequestTakesEffectOnce(t *testing.T) {
	for _, replicas := range []string{"one", "two"} {
		l := newLab(t)
		if l.alone(); replicas == "two" {
			l.pair()
		}
		l.try(nodeA, "first", 1, 1, Op{})
		l.try(nodeA, "while it waits", 1, 2, Op{})
		l.settle()
		l.try(nodeA, "later", 1, 3, Op{})
		l.settle()
		first := l.answer("first")
		require.Equal(t, "1", string(first.Value))
		for _, tag := range []string{"while it waits", "later"} {
			again := l.answer(tag)
			again.Tag = first.Tag
			require.Equal(t, first, again, "%s, %s replicas", tag, replicas)
		}
		require.Equal(t, "1", l.stored(nodeA, "n"))
	}
}

// Schedule: A commits a write, dies before it answers, and B takes over.
func TestRecordSurvivesATakeOver(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "n", "41")
	l.try(nodeA, "first", 1, 1, Op{})
	for _, mail := range l.lose(nodeB) {
		l.deliver(mail)
	}
	l.replaced(4, nodeB, nodeB)
	l.try(nodeB, "again", 1, 2, Op{})
	require.Equal(t, "42", string(l.answer("again").Value))
	require.Equal(t, "42", l.stored(nodeB, "n"))
}

func TestRecordsTravelWithAMove(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.try(nodeA, "old", 3, 1, Op{Kind: OpPut, Value: []byte("v")})
	l.try(nodeA, "incr", 4, 1, Op{Key: []byte("m")})
	l.try(nodeA, "gone", 5, 1, Op{Key: []byte("m2"), ID: RequestID{Finished: 4}})
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	l.adoptAll(config(3, nodeA, incs{nodeA, nodeB}))
	l.settle()
	require.Equal(t, l.cores[nodeA].sessions.snapshot(), l.cores[nodeB].sessions.snapshot())
	require.Equal(t, l.cores[nodeA].node.memory.Used(), l.cores[nodeB].node.memory.Used())
	l.replaced(4, nodeB, nodeB)
	l.try(nodeB, "again", 4, 2, Op{Key: []byte("m")})
	require.Equal(t, "1", string(l.answer("again").Value))
	require.Equal(t, "1", l.stored(nodeB, "m"))
	l.try(nodeB, "late", 3, 1, Op{Kind: OpPut, Value: []byte("w")})
	require.Equal(t, Finished, l.answer("late").Status)
}

// Schedule: the first attempt is delayed. The second finds the condition not
// met, and the client goes on. Then the first arrives and would succeed.
func TestFailureOfALaterAttemptIsRecorded(t *testing.T) {
	for _, replicas := range []string{"one", "two"} {
		l := newLab(t)
		if l.alone(); replicas == "two" {
			l.pair()
		}
		put := Op{Kind: OpPut, Value: []byte("v"), If: IfPresent}
		l.try(nodeA, "second", 1, 2, put)
		l.settle()
		require.Equal(t, ConditionFailed, l.answer("second").Status)
		l.put(nodeA, "another's", "n", "x")
		l.settle()
		l.try(nodeA, "first", 1, 1, put)
		l.settle()
		require.Equal(t, ConditionFailed, l.answer("first").Status)
		require.Equal(t, "x", l.stored(nodeA, "n"))

		l.try(nodeA, "delete", 2, 2, Op{Kind: OpDelete, Key: []byte("absent")})
		l.put(nodeA, "put", "absent", "v")
		l.try(nodeA, "late delete", 2, 1, Op{Kind: OpDelete, Key: []byte("absent")})
		l.settle()
		require.False(t, l.answer("late delete").Found)
		require.Equal(t, "v", l.stored(nodeA, "absent"))
	}
}

// Schedule: the second attempt succeeds, the client is finished with it, and
// the record is gone. Then the first arrives.
func TestFinishedRequestIsRefused(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.try(nodeA, "second", 1, 2, Op{})
	l.try(nodeA, "next", 2, 1, finished(2))
	l.settle()
	require.Len(t, l.cores[nodeA].sessions.snapshot(), 1, "no record is kept of what is finished")
	l.try(nodeA, "first", 1, 1, Op{})
	require.Equal(t, Finished, l.answer("first").Status)
	require.Equal(t, "2", l.stored(nodeA, "n"))
}

func TestRecordsAreBounded(t *testing.T) {
	l := newLab(t)
	limits := DefaultLimits()
	limits.Records, limits.Sessions = 4, 2
	l.start(nodeA, 1<<20, limits)
	l.alone()
	empty := l.cores[nodeA].node.memory.Used()
	for seq := uint64(1); seq <= 6; seq++ {
		l.try(nodeA, fmt.Sprint(seq), seq, 1, Op{})
	}
	l.try(nodeA, "kept", 3, 2, Op{})
	require.Equal(t, "3", string(l.answer("kept").Value))
	for seq := uint64(1); seq <= 2; seq++ {
		l.try(nodeA, "evicted", seq, 2, Op{})
		require.Equal(t, Forgotten, l.answer("evicted").Status, "whether it took effect is not known any more")
	}
	l.do(nodeA, Op{Kind: OpIncr, Key: []byte("m"), ID: RequestID{Client: 8, Seq: 1}, Tag: "second client"})
	require.Equal(t, OK, l.answer("second client").Status)
	l.do(nodeA, Op{Kind: OpIncr, Key: []byte("m"), ID: RequestID{Client: 9, Seq: 1}, Tag: "third client"})
	require.Equal(t, Crowded, l.answer("third client").Status)

	used := l.cores[nodeA].node.memory.Used() - l.cores[nodeA].engine.Bytes()
	require.Equal(t, l.cores[nodeA].sessions.bytes, used)
	require.EqualValues(t, 2*sessionCost+4*(outcomeCost+1)+outcomeCost+1, used)

	l.now += store.Instant(DefaultTiming().Forget)
	l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
	l.collect(nodeA)
	require.Empty(t, l.cores[nodeA].sessions.snapshot())
	l.del(nodeA, "del", "n")
	l.del(nodeA, "del", "m")
	require.Equal(t, empty, l.cores[nodeA].node.memory.Used())
}

// Schedule: commands in a shell, each a client of its own, write one key several
// times a second. Forgotten one by one, a sweep each, they would become more and
// more until nobody new may write.
func TestManyIdleClientsAreForgottenTogether(t *testing.T) {
	l := newLab(t)
	l.pair()
	for client := uint64(1); client <= 20; client++ {
		l.do(nodeA, Op{Kind: OpIncr, Key: []byte("n"), ID: RequestID{Client: client, Seq: 1, Attempt: 1}, Tag: "incr"})
	}
	l.settle()
	l.now += store.Instant(DefaultTiming().Forget)
	l.do(nodeA, Op{Kind: OpIncr, Key: []byte("n"), ID: RequestID{Client: 1, Seq: 2, Attempt: 1}, Tag: "incr"})
	for range 2 { // nothing is committed between the two
		l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
		l.collect(nodeA)
	}
	l.settle()
	require.Len(t, l.cores[nodeA].sessions.byClient, 11, "nine of the first ten, and none twice")
	l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
	l.collect(nodeA)
	l.settle()
	require.Len(t, l.cores[nodeA].sessions.byClient, 1, "who has just written stays")
}

// Schedule: a client that was idle for long writes again, and is forgotten
// before that write is applied. Its record must stay.
func TestClientIsNotForgottenWhileItWrites(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.try(nodeA, "first", 1, 1, Op{})
	l.settle()
	l.now += store.Instant(DefaultTiming().Forget + time.Second)
	l.try(nodeA, "second", 2, 1, finished(2))
	for range 2 {
		l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
		l.collect(nodeA)
	}
	l.settle()
	l.try(nodeA, "again", 2, 2, finished(2))
	require.Equal(t, "2", string(l.answer("again").Value))
	require.Equal(t, "2", l.stored(nodeA, "n"))
}

func TestIdleClientIsForgottenEverywhere(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.try(nodeA, "first", 1, 1, Op{})
	l.settle()
	l.now += store.Instant(DefaultTiming().Forget)
	for range 3 {
		l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
		l.collect(nodeA)
	}
	require.Equal(t, Number(2), l.cores[nodeA].log.last, "it is numbered once")
	l.heard = l.now + store.Instant(time.Hour)
	l.settle()
	l.pass(2 * DefaultTiming().Retry)
	l.settle()
	for _, inc := range (incs{nodeA, nodeB}) {
		require.Empty(t, l.cores[inc].sessions.snapshot())
		require.Equal(t, l.cores[inc].engine.Bytes(), l.cores[inc].node.memory.Used())
	}
}

// A primary that is alone forgets idle clients again and again.
func TestAPrimaryAloneForgetsIdleClients(t *testing.T) {
	l := newLab(t)
	l.alone()
	c := l.cores[nodeA]
	for seq := uint64(1); seq <= 3; seq++ {
		for client := range uint64(5) {
			l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("v"), Tag: "put", ID: RequestID{Client: 1 + client, Seq: seq, Finished: seq, Attempt: 1}})
			require.Equal(t, OK, l.answer("put").Status)
		}
		require.Len(t, c.sessions.byClient, 5)
		l.now += store.Instant(11 * time.Minute)
		c.ExpireDue(l.now, 100, &l.out)
		l.collect(nodeA)
		require.Empty(t, c.sessions.byClient)
	}
}
