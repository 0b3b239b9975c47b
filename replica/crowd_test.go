package replica

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

// Schedule: a backup is silent and the master is away, so nothing can be
// committed and nobody dropped, for as long as that lasts. Clients go on:
// what waits for its commit must not grow without bound, and what is not
// numbered must be answered without effect.
func TestWhatCannotBeCommittedIsBounded(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 1<<20, Limits{Batch: 1 << 10, Chunk: 1 << 10, Window: 1 << 20, Lag: 1 << 20, Log: 1000})
	l.pair()
	l.put(nodeA, "first", "gone", "v")
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("short"), Value: []byte("v"), TTL: time.Second, Tag: "first"})
	l.put(nodeA, "first", "k", "v")
	l.settle()
	l.now += store.Instant(time.Second)

	deadline := l.now + store.Instant(time.Second)
	a := l.cores[nodeA]
	for n := range 300 {
		l.do(nodeA, Op{Kind: OpDelete, Key: []byte("gone"), Deadline: deadline, Tag: fmt.Sprint("del", n)})
		l.do(nodeA, Op{Kind: OpGet, Key: []byte("short"), Deadline: deadline, Tag: fmt.Sprint("expired", n)})
		l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("w"), Deadline: deadline, Tag: fmt.Sprint("put", n)})
		a.ExpireDue(l.now, 10, &l.out)
		l.collect(nodeA)
	}
	require.LessOrEqual(t, a.log.bytes, 1000+100)
	numbered := a.log.last
	l.get(nodeA, "read", "k")
	require.Equal(t, "v", string(l.answer("read").Value), "reads of committed state go on")

	lost := l.lose(nodeB)
	l.down = nodeA
	for _, mail := range lost {
		l.deliver(mail)
	}
	l.settle()
	require.Greater(t, a.log.last, numbered, "what was held is taken up as room is made")
	require.Zero(t, a.log.open)
	require.False(t, a.clients.waiting())
	require.Equal(t, OK, l.answer("put299").Status)
	l.get(nodeA, "read", "k")
	require.Equal(t, "w", string(l.answer("read").Value))
}

func TestHeldForWantOfRoomTimesOutWithoutEffect(t *testing.T) {
	l := newLab(t)
	l.start(nodeA, 1<<20, Limits{Batch: 1 << 10, Chunk: 1 << 10, Window: 1 << 20, Lag: 1 << 20, Log: 100})
	l.pair()
	l.put(nodeA, "big", "k", strings.Repeat("v", 100))
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("w"), Deadline: l.now + 1, Tag: "held"})
	late := l.lose(nodeB)
	l.pass(20 * time.Millisecond)
	require.Equal(t, Timeout, l.answer("held").Status)
	for _, mail := range late {
		l.deliver(mail)
	}
	l.settle()
	require.Equal(t, OK, l.answer("big").Status)
	require.Equal(t, Number(1), l.cores[nodeA].log.last)
}
