package replica

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// What PutAtOnce does is what Do does, and where Do has more to do it does nothing.
func TestAPutAtOnceIsAPut(t *testing.T) {
	l := newLab(t)
	l.adopt(nodeA, config(1, nodeA, incs{nodeA}))
	l.settle()
	core := l.cores[nodeA]
	putAtOnce := func(core *Core, key, value string, ttl time.Duration) bool {
		_, ok := core.PutAtOnce(l.now, []byte(key), []byte(value), ttl, RequestID{}, 0)
		return ok
	}
	require.True(t, putAtOnce(core, "k", "v", 0))
	l.put(nodeA, "second", "other", "w")
	require.Equal(t, Number(2), l.answer("second").Version, "it has taken a number")
	require.True(t, putAtOnce(core, "k", "x", time.Second))
	item, found, ok := core.Get(l.now, []byte("k"), 0)
	require.True(t, ok && found)
	require.Equal(t, "x", string(item.Value))
	require.Equal(t, uint64(3), item.Version)
	require.Equal(t, l.now+store.Instant(time.Second), item.Deadline)
	used := core.node.memory.Used()
	require.Equal(t, core.engine.Bytes(), used, "nothing stays reserved")
	require.False(t, putAtOnce(core, "large", strings.Repeat("x", 2<<20), 0), "there is no room")
	require.Equal(t, used, core.node.memory.Used())

	l.adoptAll(config(2, nodeA, incs{nodeA, nodeB}))
	require.False(t, putAtOnce(core, "k", "y", 0), "a backup has to have it, too")
	require.False(t, putAtOnce(l.cores[nodeB], "k", "y", 0), "it is no primary")
}

// A put with a name is recorded as Do records it, and one that is repeated, or too
// late, or for a later epoch, is Do's.
func TestAPutAtOnceIsRecorded(t *testing.T) {
	l := newLab(t)
	l.adopt(nodeA, config(1, nodeA, incs{nodeA}))
	l.settle()
	core := l.cores[nodeA]
	putAtOnce := func(value string, id RequestID, epoch placement.Epoch) (Number, bool) {
		return core.PutAtOnce(l.now, []byte("k"), []byte(value), 0, id, epoch)
	}
	first := RequestID{Client: 7, Seq: 3, Finished: 2, Attempt: 1}
	version, ok := putAtOnce("v", first, 1)
	require.True(t, ok)
	require.Equal(t, Number(1), version)
	require.Equal(t, []Record{{Client: 7, Finished: 2, Seq: 3, Outcome: Outcome{Found: true, Version: 1}}}, core.sessions.snapshot())
	require.Equal(t, core.engine.Bytes()+core.sessions.bytes, core.node.memory.Used(), "nothing stays reserved")

	again := first
	again.Attempt = 2
	_, ok = putAtOnce("w", again, 0)
	require.False(t, ok, "its answer is recorded")
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("w"), ID: again, Tag: "again"})
	require.Equal(t, version, l.answer("again").Version)
	_, ok = putAtOnce("w", RequestID{Client: 7, Seq: 1, Attempt: 1}, 0)
	require.False(t, ok, "its client waits for it no more")
	_, ok = putAtOnce("w", RequestID{Client: 7, Seq: 4, Attempt: 1}, 2)
	require.False(t, ok, "there is a later configuration")
	item, _, _ := core.Get(l.now, []byte("k"), 0)
	require.Equal(t, "v", string(item.Value))

	core.node.limits.Sessions = 1
	_, ok = putAtOnce("w", RequestID{Client: 8, Seq: 1, Attempt: 1}, 0)
	require.False(t, ok, "no more clients are remembered")
}

// A record that has moved leaves no value behind where the first ones lie.
func TestARecordThatMovesLeavesNothingBehind(t *testing.T) {
	memory := store.NewMemory(1 << 30)
	defer memory.Close()
	var s sessions
	for seq := range uint64(3) {
		s.record(memory, 1, EntryID{Client: 7, Seq: seq + 1}, Outcome{Found: true, Value: []byte("large")}, 10)
	}
	session := s.of(7)
	require.Len(t, session.records, 3)
	require.Equal(t, "large", string(session.records[0].Value))
	require.Nil(t, session.first[0].Value)
}
