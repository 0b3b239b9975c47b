package replica

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// Fencing: see "Configurations and fencing" in DESIGN.md.

func TestMessageOfALowerEpochIsRefusedWithTheNewerOne(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	late := l.lose(nodeB)
	l.adopt(nodeB, config(4, nodeA, incs{nodeA, nodeB}, nodeC))
	l.lose(nodeA)
	for _, mail := range late {
		l.deliver(mail)
	}
	require.Equal(t, Number(0), l.cores[nodeB].log.last, "an entry of an old epoch was taken")
	require.Len(t, l.mail, len(late))
	for _, mail := range l.mail {
		require.Equal(t, MsgStale, mail.message().Kind)
		require.Equal(t, placement.Epoch(4), mail.message().Epoch)
	}
	l.settle()
	require.Equal(t, placement.Epoch(4), l.behind, "the sender must fetch the view")
}

func TestStaleAnswersAreNotAnswered(t *testing.T) {
	l := newLab(t)
	l.pair()
	m := Message{Kind: MsgStale, Epoch: 1}
	l.cores[nodeA].Receive(l.now, nodeB, &m, &l.out)
	l.collect(nodeA)
	require.Empty(t, l.mail, "two nodes could go on for ever")
}

func TestMessageOfAHigherEpochWaitsForTheView(t *testing.T) {
	l := newLab(t)
	l.pair()
	next := config(4, nodeA, incs{nodeA, nodeB}, nodeC)
	l.adopt(nodeA, next)
	l.put(nodeA, "put", "k", "v")
	for _, mail := range l.lose(nodeB) {
		l.deliver(mail)
	}
	require.Empty(t, l.lose(nodeA), "nothing may be acknowledged before the view is adopted")
	require.Equal(t, placement.Epoch(4), l.behind)
	l.open("put")
	l.adopt(nodeB, next)
	l.settle()
	require.Equal(t, OK, l.answer("put").Status)
}

func TestAcknowledgementOfAnotherIncarnationCountsForNothing(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.lose(nodeB)
	m := Message{Kind: MsgAck, Epoch: 3, Prev: 1, PrevEpoch: 3, Done: true}
	l.cores[nodeA].Receive(l.now, 0xB0B, &m, &l.out)
	l.collect(nodeA)
	l.open("put")
}

func TestOnlyThePrimaryOfTheEpochIsFollowed(t *testing.T) {
	l := newLab(t)
	l.pair()
	m := Message{Kind: MsgAppend, Epoch: 3, Commit: 1, Entries: []Entry{{Epoch: 3, Number: 1, Kind: EntryPut, Key: []byte("k")}}}
	l.cores[nodeB].Receive(l.now, nodeC, &m, &l.out)
	l.collect(nodeB)
	require.Zero(t, l.cores[nodeB].log.last)
	fill := Message{Kind: MsgFill, Epoch: 3, Items: []Item{{Key: []byte("k")}}, Done: true}
	l.cores[nodeB].Receive(l.now, nodeC, &fill, &l.out)
	require.Zero(t, l.cores[nodeB].engine.Len())
}

func TestAnOlderViewChangesNothing(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.adopt(nodeB, config(2, nodeA, incs{nodeA}, nodeB))
	l.adopt(nodeB, config(3, nodeB, incs{nodeB}))
	require.Equal(t, RoleBackup, l.cores[nodeB].Role())
	require.Equal(t, config(3, nodeA, incs{nodeA, nodeB}), l.cores[nodeB].Config())
}

// A view may be skipped: what matters is what the node is in the newest.
func TestSkippedViewsAreMadeUpFor(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.put(nodeA, "put", "k", "v")
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	l.adopt(nodeB, config(4, nodeB, incs{nodeA, nodeB})) // promoted and made primary
	l.adopt(nodeA, config(4, nodeB, incs{nodeA, nodeB}))
	l.settle()
	require.True(t, l.cores[nodeB].Serving())
	l.get(nodeB, "get", "k")
	require.Equal(t, "v", string(l.answer("get").Value))

	l.adopt(nodeA, config(7, nodeB, incs{nodeB}, nodeA)) // dropped and taken again
	require.Zero(t, l.cores[nodeA].engine.Len(), "a learner begins from empty")
}
