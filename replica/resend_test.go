package replica

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Lost, repeated and overtaken messages: see "Messages" in DESIGN.md.

func TestWhatIsLostWithAConnectionIsSentAgainOnTheNext(t *testing.T) {
	l := newLab(t)
	l.pair()
	for n := range 3 {
		l.put(nodeA, fmt.Sprint(n), "k", "v")
	}
	l.mail = nil
	l.cores[nodeA].Relinked(l.now, nodeB, &l.out)
	l.collect(nodeA)
	l.cores[nodeB].Relinked(l.now, nodeA, &l.out)
	l.collect(nodeB)
	l.settle()
	for n := range 3 {
		require.Equal(t, OK, l.answer(fmt.Sprint(n)).Status)
	}
}

// Schedule: one message is lost and nobody notices. Everybody goes on
// writing, and each write is sent and refused for the gap. The lost entry
// must be sent again all the same.
func TestSteadyWritesDoNotPutOffARepetition(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.heard = l.now + store.Instant(time.Hour)
	l.put(nodeA, "lost", "k", "v")
	l.lose(nodeB)
	for n := range 8 {
		l.pass(200 * time.Millisecond)
		l.put(nodeA, fmt.Sprint(n), "k", "v")
		l.settle()
	}
	require.Equal(t, OK, l.answer("lost").Status)
	require.Equal(t, OK, l.answer("7").Status)
}

func TestNothingIsSentAgainThatStillWaitsHere(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.heard, l.stuck = l.now+store.Instant(time.Hour), true
	l.put(nodeA, "put", "k", "v")
	l.lose(nodeB)
	l.pass(3 * DefaultTiming().Retry)
	require.Empty(t, l.mail, "it would only add to the queue")
	l.stuck = false
	l.pass(20 * time.Millisecond)
	l.settle()
	require.Equal(t, OK, l.answer("put").Status)
}

// Schedule: an acknowledgement is overtaken by later ones, and the log has
// forgotten the entry that it names. The backup is as good as ever.
func TestOvertakenAcknowledgementHarmsNobody(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "one", "k", "v")
	for _, mail := range l.lose(nodeB) {
		l.deliver(mail)
	}
	late := l.lose(nodeA)
	require.Len(t, late, 1)
	for n := range 3 {
		l.put(nodeA, fmt.Sprint(n), "k", "v")
		l.settle()
	}
	require.Equal(t, Number(4), l.cores[nodeA].log.base)
	l.deliver(late[0])
	l.heard = l.now + store.Instant(time.Hour)
	l.pass(time.Second)
	require.Empty(t, l.asked(placement.Drop))
	l.put(nodeA, "last", "k", "v")
	l.settle()
	require.Equal(t, OK, l.answer("last").Status)
}

// Schedule: what a learner said of its fill arrives after the news that it
// has all. It must neither be filled again nor given up.
func TestOvertakenNewsOfAFillHarmsNobody(t *testing.T) {
	for _, from := range []uint64{0, 1} {
		l := newLab(t)
		l.alone()
		l.put(nodeA, "put", "k", "v")
		l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
		l.settle()
		m := Message{Kind: MsgAck, Epoch: 2, From: from}
		l.cores[nodeA].Receive(l.now, nodeB, &m, &l.out)
		l.collect(nodeA)
		require.False(t, l.cores[nodeA].FillReady())
		l.requests, l.heard = nil, l.now+store.Instant(time.Hour)
		l.pass(time.Second)
		require.Empty(t, l.asked(placement.Drop))
		require.NotEmpty(t, l.asked(placement.Promote))
	}
}

// Schedule: the last commit number is lost, and nobody writes any more. A
// backup would hold the entry outside its store for ever.
func TestBackupLearnsTheLastCommit(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.heard = l.now + store.Instant(time.Hour)
	l.put(nodeA, "put", "k", "v")
	l.settle()
	require.Empty(t, l.stored(nodeB, "k"))
	for range 3 {
		l.pass(DefaultTiming().Retry)
		require.NotEmpty(t, l.lose(nodeB))
	}
	l.pass(DefaultTiming().Retry)
	l.settle()
	require.Equal(t, "v", l.stored(nodeB, "k"))
	l.pass(10 * DefaultTiming().Retry)
	require.Empty(t, l.mail, "then there is nothing more to say")
}

// Schedule: in one event many writes are sent to a learner, and the log grows
// past its bound. Giving up the learner must not spoil what was sent.
func TestGivingUpALearnerSpoilsNoMessage(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 1<<20, Limits{Batch: 1 << 10, Chunk: 1 << 10, Window: 1 << 20, Lag: 0, Log: 1000})
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	news := l.fillOnly()
	l.put(nodeA, "put", "k", "v") // it lags, so commits do not wait for it
	for _, mail := range news {
		l.deliver(mail)
	}
	l.mail = nil
	for n := range 20 {
		op := Op{Kind: OpPut, Key: fmt.Append(nil, n), Value: make([]byte, 100), Tag: "put"}
		l.cores[nodeA].Do(l.now, &op, &l.out)
	}
	l.heard = l.now
	l.cores[nodeA].Tick(l.now, &l.out) // all of that as one event
	require.Zero(t, l.cores[nodeA].log.bytes, "nothing is kept for a learner that is given up")
	sent := 0
	for _, env := range l.out.Messages {
		for _, e := range env.Message.Entries {
			require.Equal(t, EntryPut, e.Kind, "the log was forgotten under the message")
			sent++
		}
	}
	require.Equal(t, 20, sent)
	l.collect(nodeA)
	require.Len(t, l.asked(placement.Drop), 1)
}

// A replica that acknowledges less than it once had has lost something.
func TestReplicaThatHasLostEntriesIsGivenUp(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.settle()
	l.put(nodeA, "put", "k", "v")
	for _, mail := range l.lose(nodeB) {
		l.deliver(mail)
	}
	l.adopt(nodeA, config(5, nodeA, incs{nodeA, nodeB}, nodeC))
	i := slices.IndexFunc(l.cores[nodeA].replicas, func(r *progress) bool { return r.id == nodeB })
	l.cores[nodeA].replicas[i].acked = 1
	m := Message{Kind: MsgAck, Epoch: 5, Done: true}
	l.cores[nodeA].Receive(l.now, nodeB, &m, &l.out)
	l.collect(nodeA)
	l.pass(20 * time.Millisecond)
	require.NotEmpty(t, l.asked(placement.Drop))
}
