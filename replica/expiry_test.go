package replica

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// Expiry: see "Time to live" in DESIGN.md.

func (l *lab) putFor(inc placement.Incarnation, tag, key, value string, ttl time.Duration) {
	l.do(inc, Op{Kind: OpPut, Key: []byte(key), Value: []byte(value), TTL: ttl, Tag: tag})
}

func TestKeySeenExpiredStaysGoneOnABackupWhoseClockIsBehind(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "put", "k", "v", time.Second)
	l.settle()
	l.put(nodeA, "next", "other", "v") // B learns the commit, and counts from now
	l.settle()
	written := l.now
	l.now += store.Instant(time.Second)
	l.get(nodeA, "get", "k")
	l.open("get")
	l.settle()
	require.False(t, l.answer("get").Found)

	l.suggest(nodeA, placement.HandOver, nodeB)
	l.settle()
	l.now = written // B's clock has not moved at all
	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	l.settle()
	l.get(nodeB, "get", "k")
	require.False(t, l.answer("get").Found)
}

func TestBackupRemovesNothingByItsOwnClock(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "put", "k", "v", time.Second)
	l.settle()
	l.put(nodeA, "next", "other", "v")
	l.settle()
	l.now += store.Instant(time.Hour)
	l.cores[nodeB].ExpireDue(l.now, 10, &l.out)
	l.collect(nodeB)
	require.Equal(t, "v", l.stored(nodeB, "k"))
	l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
	l.collect(nodeA)
	require.Equal(t, "v", l.stored(nodeA, "k"), "the removal is an entry like others")
	l.settle()
	l.put(nodeA, "last", "other", "v")
	l.settle()
	require.Empty(t, l.stored(nodeA, "k"))
	require.Empty(t, l.stored(nodeB, "k"))
}

func TestRemovalOfAnExpiredVersionSparesALaterOne(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "put", "k", "old", time.Second)
	l.settle()
	l.now += store.Instant(time.Second)
	l.cores[nodeA].ExpireDue(l.now, 10, &l.out) // the old version
	l.collect(nodeA)
	l.put(nodeA, "again", "k", "new")
	l.settle()
	l.get(nodeA, "get", "k")
	require.Equal(t, "new", string(l.answer("get").Value))
	require.Equal(t, "new", l.stored(nodeA, "k"))
}

// Schedule: k has expired but is still there. It is written again, and while
// that is pending somebody reads it (the old version has expired: absent, by
// a numbered expiry of that version) and somebody deletes it. The deletion
// removes the new value, so it must say that there was one.
func TestDeletionBehindAnExpiryKnowsThePendingWrite(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "put", "k", "old", time.Second)
	l.settle()
	l.now += store.Instant(time.Second)
	l.put(nodeA, "again", "k", "new")
	l.get(nodeA, "get", "k")
	l.del(nodeA, "del", "k")
	l.settle()
	require.True(t, l.answer("del").Found)
	require.Empty(t, l.stored(nodeA, "k"))
}

func TestExpiryThatIsUnderWayIsNotNumberedAgain(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "put", "k", "v", time.Second)
	l.settle()
	l.now += store.Instant(time.Second)
	for range 3 {
		l.cores[nodeA].ExpireDue(l.now, 10, &l.out)
		l.collect(nodeA)
	}
	require.Equal(t, Number(2), l.cores[nodeA].log.last)
	l.del(nodeA, "del", "k")
	l.settle()
	require.False(t, l.answer("del").Found)
}

func TestTimeToLiveTravelsAsWhatRemains(t *testing.T) {
	l := newLab(t)
	l.alone()
	l.putFor(nodeA, "soon", "soon", "v", time.Second)
	l.putFor(nodeA, "never", "never", "v", 0)
	l.putFor(nodeA, "over", "over", "v", time.Millisecond)
	l.putFor(nodeA, "endless", "endless", "v", math.MaxInt64)
	l.now += store.Instant(400 * time.Millisecond)
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	for len(l.mail) > 0 || l.cores[nodeA].FillReady() {
		for _, mail := range l.mail {
			for _, it := range mail.message().Items {
				switch string(it.Key) {
				case "soon":
					require.Equal(t, 600*time.Millisecond, it.TTL)
				case "never":
					require.Zero(t, it.TTL)
				case "over":
					require.Equal(t, time.Duration(1), it.TTL, "its removal has to be numbered by whoever is primary")
				}
			}
		}
		l.round()
		l.cores[nodeA].FillChunk(l.now, &l.out)
		l.collect(nodeA)
	}
	soon, _ := l.cores[nodeB].engine.Get([]byte("soon"))
	require.Equal(t, l.now+store.Instant(600*time.Millisecond), soon.Deadline)
	endless, _ := l.cores[nodeB].engine.Get([]byte("endless"))
	require.False(t, endless.Expired(l.now+1<<60), "too long to add up, so for ever")
}

func TestExpiredKeyIsNotThereForADeletion(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "put", "k", "v", time.Second)
	l.settle()
	l.now += store.Instant(time.Second)
	l.del(nodeA, "del", "k")
	l.open("del")
	l.settle()
	require.False(t, l.answer("del").Found)
	require.Empty(t, l.stored(nodeA, "k"), "and it is gone for good")
}

// Each increment is applied some time after it was numbered. The key lives no
// longer for it.
func TestACounterDoesNotOutliveItsTime(t *testing.T) {
	l := newLab(t)
	l.pair()
	begin := l.now
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("0"), TTL: time.Second, Tag: "put"})
	l.settle()
	for i := range 100 {
		tag := fmt.Sprint("incr", i)
		l.do(nodeA, Op{Kind: OpIncr, Key: []byte("k"), Delta: 1, Tag: tag})
		l.now += store.Instant(5 * time.Millisecond) // until the acknowledgement
		l.settle()
		require.Equal(t, fmt.Sprint(i+1), string(l.answer(tag).Value))
	}
	item, found := l.cores[nodeA].engine.Get([]byte("k"))
	require.True(t, found)
	require.LessOrEqual(t, item.Deadline-begin, store.Instant(time.Second))
}
