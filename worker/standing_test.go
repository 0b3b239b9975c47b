package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

// Grants name a view before any core adopts it, and one counts only when every
// core has: without either, two workers could serve one partition.
func TestAViewIsTakenUpInThreeSteps(t *testing.T) {
	w := newTestWorker(t)
	first := withPeers(testView(t, w, 7), nowhere(t))
	require.NoError(t, w.follower.adopt(replyWith(first)))
	next := first.Clone()
	next.Epoch = 2
	for i := range next.Partitions {
		next.Partitions[i].Epoch, next.Partitions[i].Learners = 2, []placement.Incarnation{101}
	}
	p := &w.table.Load().partitions[3]
	p.mu.Lock() // the core of partition 3 cannot adopt
	done := make(chan error, 1)
	go func() { done <- w.follower.adopt(replyWith(next)) }()
	eventually(t, "grants name the next view", func() bool { _, epoch := w.standing.names(); return epoch == 2 })
	require.Eventually(t, func() bool { return w.table.Load().partitions[2].epoch.Load() == 2 }, patience, time.Millisecond)
	require.False(t, w.standing.covers(7, 2))
	require.True(t, w.standing.covers(7, 1))
	p.mu.Unlock()
	require.NoError(t, <-done)
	require.True(t, w.standing.covers(7, 2))
}

func TestOnlyGrantsOfAViewThatIsHeldCount(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), nowhere(t)))))
	k := w.links.get(101)
	now := w.now()
	for _, b := range []replica.Beat{
		{Grant: now, Master: 7, View: 2},              // later than what is held here
		{Grant: now, Master: 8, View: 1},              // of another master
		{Grant: now, Master: 0, View: 1},              // of none
		{Grant: now + 1<<40, Master: 7, View: 1},      // of a question that was not asked yet
		{Grant: store.Instant(1), Master: 9, View: 1}, // of another master, long ago
	} {
		k.beat(now, &b)
		require.False(t, k.pair.Leased(now), "%+v", b)
	}
	require.Len(t, w.follower.chase, 1, "the later view is fetched")
	k.beat(now, &replica.Beat{Grant: now, Master: 7, View: 1, Room: 5})
	require.True(t, k.pair.Leased(now))
}

// What is granted to several is not more than there is.
func TestRoomIsSharedOut(t *testing.T) {
	w := newTestWorker(t)
	roomOf := func() int64 { room, _ := w.allot(101); return room }
	require.EqualValues(t, 1<<20, roomOf(), "nobody asks")
	v := withPeers(testView(t, w, 7), nowhere(t), nowhere(t))
	v.Partitions[0].InSync = append(v.Partitions[0].InSync, 101, 102)
	v.Partitions[0].InSync = sorted(v.Partitions[0].InSync)
	v.Partitions[1].InSync = sorted([]placement.Incarnation{w.incarnation, 101})
	require.NoError(t, w.follower.adopt(replyWith(v)))
	w.memory.Force(1 << 19)
	require.EqualValues(t, 1<<18, roomOf())
	w.memory.Force(1 << 20)
	require.Zero(t, roomOf(), "not below nothing")
	w.memory.Release(1<<19 + 1<<20)
}
