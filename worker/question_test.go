package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// All links ask at the node's beats, and none again soon after it has asked with
// an answer.
func TestLinksAskTogether(t *testing.T) {
	w := newTestWorker(t)
	w.cfg.Timing.Beat = 100
	now := store.Instant(1000)
	w.now = func() store.Instant { return now }
	first, second := newLink(w, 5, func() {}), newLink(w, 6, func() {})
	for _, c := range []struct {
		beat, asked, now store.Instant
		due              bool
	}{
		{1000, 1000, 1001, false},
		{1000, 1000, 1099, false},
		{1100, 1000, 1100, true},
		{1100, 1049, 1100, true},
		{1100, 1051, 1100, false}, // too soon
		{1100, 1051, 1101, true},  // with what leaves then
		{1200, 1051, 1200, true},
		{1300, 1000, 1350, true}, // a connection could not be made for long
	} {
		w.rhythm.struck(c.beat, 0, w.cfg.Timing.Beat)
		for _, k := range []*link{first, second} {
			k.asked.Store(int64(c.asked))
			require.Equal(t, c.due, k.due(c.now), "%+v", c)
		}
	}

	now = 1500
	w.rhythm.struck(now, 0, w.cfg.Timing.Beat)
	require.Equal(t, now, first.compose(0, true).Ask)
	require.False(t, first.due(now))
}

// Without a connection the lane answers when there is one.
func TestAQuestionThatCannotBeAnsweredAtOnceIsKept(t *testing.T) {
	w := newTestWorker(t)
	k := newLink(w, 101, func() {})
	k.beat(w.now(), &replica.Beat{Ask: 5, Prompt: true})
	require.EqualValues(t, 5, k.question.Load())
	require.Len(t, k.urgent.wake, 1)
}

// Nothing wakes for a question that is not prompt: its answer travels with the
// next beat.
func TestAnAnswerTravelsWithTheNextQuestion(t *testing.T) {
	w := newTestWorker(t)
	advance := frozen(w)
	k, peer := besideAFakePeer(t, w)
	advance(w.cfg.Timing.Beat)
	eventually(t, "the connection is made", func() bool { w.beat(w.now()); return len(peer.beats.list()) > 0 })
	answer(k)
	k.beat(w.now(), &replica.Beat{Ask: 5})
	require.EqualValues(t, 5, k.question.Load())
	before := len(peer.beats.list())
	advance(w.cfg.Timing.Beat)
	eventually(t, "the beat takes it along", func() bool {
		w.beat(w.now())
		return k.question.Load() == 0
	})
	eventually(t, "and leaves", func() bool { return len(peer.beats.list()) > before })
}

// A lease that is about to lapse is asked for in haste.
func TestAShortLeaseIsAskedForPromptly(t *testing.T) {
	w := newTestWorker(t)
	now := store.Instant(1 << 40)
	w.now = func() store.Instant { return now }
	k := newLink(w, 5, func() {})
	require.True(t, k.compose(0, true).Prompt, "there is none")
	lease := store.Instant(w.cfg.Timing.Lease)
	k.pair.Grant(now, now-lease/3, w.cfg.Timing.Lease)
	require.False(t, k.compose(0, true).Prompt)
	now += lease / 3
	require.True(t, k.compose(0, true).Prompt)
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
	k.beat(w.now(), &replica.Beat{Ask: 5, Prompt: true})
	require.Zero(t, k.question.Load(), "there is room")
	conn := k.urgent.conn.Load()
	for range 2 { // the peer stops reading inside the first; the second waits
		_ = conn.TryNotify(wire.MethodPeer, k.urgent.frame(make([]byte, 32<<20)))
	}
	k.beat(w.now(), &replica.Beat{Ask: 6, Prompt: true})
	require.EqualValues(t, 6, k.question.Load())
}
