package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// All links ask when the clock passes a multiple of the beat, and none again
// soon after it has asked with an answer.
func TestLinksAskTogether(t *testing.T) {
	w := newTestWorker(t)
	w.cfg.Timing.Beat = 100
	now := store.Instant(1000)
	w.now = func() store.Instant { return now }
	first, second := newLink(w, 5, func() {}), newLink(w, 6, func() {})
	for _, c := range []struct {
		asked, now store.Instant
		due        bool
	}{
		{1000, 1001, false},
		{1000, 1099, false},
		{1000, 1100, true},
		{1049, 1100, true},
		{1051, 1100, false}, // too soon
		{1051, 1101, true},  // with what leaves then
		{1051, 1200, true},
		{1000, 1350, true}, // a connection could not be made for long
	} {
		for _, k := range []*link{first, second} {
			k.asked.Store(int64(c.asked))
			require.Equal(t, c.due, k.due(c.now), "%+v", c)
		}
	}
	require.EqualValues(t, 50, untilNext(1350, w.cfg.Timing.Beat))
	require.EqualValues(t, 100, untilNext(1300, w.cfg.Timing.Beat), "not at once again")

	now = 1500
	require.Equal(t, now, first.compose(0, true).Ask)
	require.False(t, first.due(now))
}

// Without a connection the lane answers when there is one.
func TestAQuestionThatCannotBeAnsweredAtOnceIsKept(t *testing.T) {
	w := newTestWorker(t)
	k := newLink(w, 101, func() {})
	k.beat(w.now(), &replica.Beat{Ask: 5})
	require.EqualValues(t, 5, k.question.Load())
	require.Len(t, k.urgent.wake, 1)
}

// A connection that takes nothing must not hold up the reader of what the peer
// says.
func TestAQuestionOnAFullConnectionIsKept(t *testing.T) {
	w := newTestWorker(t)
	peer := newFakePeer(t)
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), peer.ln.Addr().String()))))
	k := newLink(w, 101, func() {})
	k.urgent.client.MaxOut = 1
	require.NoError(t, k.urgent.connect(t.Context()))
	defer k.urgent.close()
	require.True(t, k.reply(w.now(), 5), "there is room")
	conn := k.urgent.conn.Load()
	for range 2 { // the peer stops reading inside the first; the second waits
		_ = conn.TryNotify(wire.MethodPeer, k.urgent.frame(make([]byte, 32<<20)))
	}
	k.beat(w.now(), &replica.Beat{Ask: 6})
	require.EqualValues(t, 6, k.question.Load())
}
