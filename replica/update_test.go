package replica

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

// Operations that decide by what they find: see "Updates" in DESIGN.md.

func TestUpdateSeesWhatIsPendingAndIsAnsweredAfterIt(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "a")
	l.add("first", "k", "b")
	l.add("second", "k", "c")
	l.read("read", "k")
	for _, tag := range []string{"put", "first", "second", "read"} {
		l.open(tag)
	}
	require.Equal(t, Number(3), l.cores[nodeA].log.last, "a read takes no number")
	l.settle()
	require.Equal(t, "a", string(l.answer("first").Value))
	second := l.answer("second")
	require.Equal(t, "ab", string(second.Value))
	require.Equal(t, Number(3), second.Version)
	require.True(t, second.Found)
	read := l.answer("read")
	require.Equal(t, "abc", string(read.Value))
	require.Equal(t, Number(3), read.Version)
	require.False(t, read.Found)
	l.put(nodeA, "next", "other", "")
	l.settle()
	require.Equal(t, "abc", l.stored(nodeB, "k"))
}

func TestUpdateThatChangesNothingIsAnsweredAtOnceWhenNothingIsPending(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.put(nodeA, "put", "k", "v")
	l.settle()
	d := l.read("read", "k")
	require.Equal(t, "v", string(l.answer("read").Value))
	require.Zero(t, d.kept)
	l.read("none", "absent")
	require.Equal(t, Done{Tag: "none"}, l.answer("none"))
	require.Empty(t, l.mail)
}

func TestUpdateDeletes(t *testing.T) {
	l := newLab(t)
	l.pair()
	take := func(was State) (Decision, []byte) { return Decision{Verdict: Delete}, was.Value }
	l.put(nodeA, "put", "k", "v")
	l.update("take", "k", take)
	l.update("again", "k", take)
	l.settle()
	got := l.answer("take")
	require.True(t, got.Found)
	require.Equal(t, "v", string(got.Value))
	again := l.answer("again")
	require.False(t, again.Found)
	require.Zero(t, again.Version)
	require.Equal(t, "", l.stored(nodeA, "k"))
}

func TestUpdateKeepsSetsAndRemovesTheTimeToLive(t *testing.T) {
	for _, replicas := range []string{"alone", "pair"} {
		l := newLab(t)
		if l.alone(); replicas == "pair" {
			l.pair()
		}
		remains := func(key string) time.Duration {
			left := time.Duration(-1)
			l.update("ttl", key, func(was State) (Decision, []byte) {
				if was.Exists {
					left = was.TTL
				}
				return Decision{}, nil
			})
			l.settle()
			l.answer("ttl")
			return left
		}
		touch := func(d Decision) Number {
			l.update("touch", "k", func(State) (Decision, []byte) { return d, nil })
			l.settle()
			return l.answer("touch").Version
		}
		l.putFor(nodeA, "put", "k", "v", time.Second)
		l.settle()
		l.now += store.Instant(300 * time.Millisecond)
		l.add("add", "k", "w")
		require.Equal(t, 700*time.Millisecond, remains("k"), "kept to the nanosecond")
		l.now += store.Instant(100 * time.Millisecond)
		require.Equal(t, 600*time.Millisecond, remains("k"))

		before := l.cores[nodeA].log.last
		require.Equal(t, before+1, touch(Decision{Verdict: Touch, TTL: 2 * time.Second}), "it has a version of its own")
		require.Equal(t, 2*time.Second, remains("k"))
		require.Equal(t, "vw", l.stored(nodeA, "k"))
		touch(Decision{Verdict: Touch})
		require.Zero(t, remains("k"), "for ever")
		touch(Decision{Verdict: Touch, TTL: time.Second})
		l.now += store.Instant(time.Second)
		require.Equal(t, time.Duration(-1), remains("k"))
		require.Equal(t, "", l.stored(nodeA, "k"), "who was told that it is gone was told so after a numbered removal")

		l.put(nodeA, "put", "k", "v")
		touch(Decision{Verdict: Touch, TTL: -1})
		require.Equal(t, "", l.stored(nodeA, "k"), "a time that is over")
		last := l.cores[nodeA].log.last
		require.Zero(t, touch(Decision{Verdict: Touch, TTL: 1}), "nothing to touch")
		require.Equal(t, last, l.cores[nodeA].log.last)
	}
}

// The entry is short, and the value is found wherever it lies.
func TestTouchDoesNotSendTheValue(t *testing.T) {
	l := newLab(t)
	l.pair()
	value := strings.Repeat("v", 10_000)
	forever := func(State) (Decision, []byte) { return Decision{Verdict: Touch, TTL: time.Hour}, nil }
	l.put(nodeA, "put", "k", value)
	put := l.lose(nodeB)
	l.update("pending", "k", forever)
	require.Len(t, l.mail, 1)
	require.Less(t, len(l.mail[0].frame), 100)
	l.read("pending value", "k")
	touch := l.lose(nodeB)
	l.deliver(put[0]) // the put is committed, the touch is not
	l.round()
	l.read("half", "k")
	l.deliver(touch[0])
	l.settle()
	for _, tag := range []string{"pending value", "half"} {
		got := l.answer(tag)
		require.Equal(t, value, string(got.Value), tag)
		require.Equal(t, Number(2), got.Version, tag)
	}
	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	l.settle()
	l.get(nodeB, "get", "k")
	l.pass(DefaultTiming().Wait)
	got := l.answer("get")
	require.Equal(t, value, string(got.Value))
	require.Equal(t, Number(2), got.Version)
	it, _ := l.cores[nodeB].engine.Get([]byte("k"))
	require.NotZero(t, it.Deadline)
}

func TestUpdateOfANamedRequestTakesEffectOnce(t *testing.T) {
	l := newLab(t)
	l.pair()
	try := func(tag string, seq, attempt uint64, verdict Verdict) *decider {
		d := &decider{decide: func(was []State, then []Decision) []byte {
			then[0] = Decision{Verdict: verdict, Value: append([]byte("x"), was[0].Value...)}
			return was[0].Value
		}}
		l.try(nodeA, tag, seq, attempt, Op{Kind: OpUpdate, Key: []byte("k"), Decide: d})
		return d
	}
	l.put(nodeA, "put", "k", "v")
	try("first", 1, 1, Put)
	require.Zero(t, try("second", 1, 2, Put).ran, "the recorded answer")
	l.settle()
	require.Equal(t, "v", string(l.answer("first").Value))
	require.Equal(t, "v", string(l.answer("second").Value))
	require.Equal(t, "xv", l.stored(nodeA, "k"))
	// A failure of a later attempt is recorded: the first must not take effect after it.
	try("kept", 2, 2, Keep)
	require.Zero(t, try("delayed", 2, 1, Put).ran)
	l.settle()
	require.Equal(t, "xv", string(l.answer("delayed").Value))
	require.Equal(t, "xv", l.stored(nodeA, "k"))
}

func TestUpdateThatIsHeldOwnsWhatItNeeds(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.mute(nodeB)
	d := l.add("add", "k", "v")
	require.Equal(t, 1, d.kept)
	require.Zero(t, d.ran)
	l.silent = nil
	l.heard = l.now
	l.tick(nodeA)
	l.settle()
	require.True(t, l.answer("add").Found)
	require.Equal(t, "v", l.stored(nodeA, "k"))
	require.Equal(t, 1, d.kept, "once")
}

func TestLargeUpdateIsUploadedAndRunAgainIfItsKeyChanges(t *testing.T) {
	l := largeLab(t, 1<<20)
	l.putFor(nodeA, "put", "k", "short", time.Second)
	l.settle()
	d := l.add("add", "k", large)
	l.put(nodeA, "other", "other", "v")
	l.round()
	l.round()
	require.Equal(t, OK, l.answer("other").Status, "others go on")
	require.Len(t, l.cores[nodeA].uploads.open, 1)
	l.settle()
	require.Equal(t, "short", string(l.answer("add").Value))
	require.Equal(t, 1, d.ran)
	require.Equal(t, "short"+large, l.stored(nodeA, "k"))

	d = l.add("late", "k", "!")
	l.now += store.Instant(time.Second)
	l.refresh()
	l.settle()
	require.Equal(t, 2, d.ran, "the key has expired meanwhile")
	got := l.answer("late")
	require.Empty(t, got.Value)
	require.Equal(t, "!", l.stored(nodeA, "k"))
	l.settle()
	require.Empty(t, l.cores[nodeB].staged)
	require.Empty(t, l.cores[nodeA].replica(nodeB).bodies)
	require.Nil(t, l.cores[nodeA].clients.lines.ahead)
}

func TestUpdateOverTheLimitIsRefused(t *testing.T) {
	l := newLab(t)
	limits := DefaultLimits()
	limits.Value = 10
	l.start(nodeA, 1<<20, limits)
	l.alone()
	l.add("fits", "k", "0123456789")
	require.Equal(t, OK, l.answer("fits").Status)
	l.add("over", "k", "x")
	require.Equal(t, TooLarge, l.answer("over").Status)
	require.Equal(t, Number(1), l.cores[nodeA].log.last)
}
