package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/replica"
	"pikv/store"
)

func TestWhenTheUrgentLaneIsTakenForStuck(t *testing.T) {
	w := newTestWorker(t)
	w.cfg.Timing.Lease = 100
	k := newLink(w, 5, func() {})
	for _, c := range []struct {
		what                 string
		answered, heard, now store.Instant
		unanswered           bool
	}{
		{"all is well", 950, 1000, 1000, false},
		{"an answer is late, but the lease lasts", 900, 1000, 1000, false},
		{"it is heard and answers nothing", 899, 1000, 1000, true},
		{"the same, a little later", 899, 1000, 1050, true},
		{"it has just stopped", 899, 949, 1000, false},
		{"it is not heard at all: that is silence", 800, 899, 1000, false},
	} {
		k.answered.Store(int64(c.answered))
		k.pair.Hear(c.heard)
		require.Equal(t, c.unanswered, k.unanswered(c.now), c.what)
	}

	k.answered.Store(0)
	for _, b := range []replica.Beat{{Ask: 1000}, {Grant: 900}, {Grant: 700}, {Grant: 2000}} { // the last is of a question that is yet to come
		k.beat(1000, &b)
	}
	require.EqualValues(t, 900, k.answered.Load())
	require.False(t, k.stuck(5000), "there is no connection")
}

// stickable is two workers that never take each other for silent, whose
// connections stick when the test says so.
func stickable(t *testing.T) (a, b *Worker, toA, toB *cable) {
	t.Helper()
	timing := quick()
	timing.Silence = time.Hour
	a, b, _, toA, toB = clusterOf(t, timing)
	return a, b, toA, toB
}

// babble keeps another lane between two workers busy.
func babble(from, to *Worker) {
	from.links.send(to.incarnation, &replica.Message{Kind: replica.MsgFill, Partition: 3, Epoch: 1})
}

// A lease that lapses because one connection is stuck comes back on a new
// one: a write that waits for it is done, and nobody is dropped.
func TestAStuckUrgentLaneIsRenewed(t *testing.T) {
	for name, both := range map[string]bool{"one way": false, "both ways": true} {
		t.Run(name, func(t *testing.T) {
			a, b, toA, toB := stickable(t)
			key, conn := keyOf(t, a, 0), dial(t, a.addr)
			require.NoError(t, writeKey(t, conn, key, []byte("v"), patience))
			epoch := a.view().Epoch

			ab, ba := a.links.get(b.incarnation), b.links.get(a.incarnation)
			stuckAB, stuckBA := ab.urgent.conn.Load(), ba.urgent.conn.Load()
			toB.stick()
			ab.bulk.cut() // it goes on, on a new connection
			if both {
				toA.stick()
				ba.bulk.cut()
			}
			eventually(t, "a new connection takes its place", func() bool {
				babble(a, b)
				babble(b, a)
				return ab.urgent.conn.Load() != stuckAB && (!both || ba.urgent.conn.Load() != stuckBA)
			})
			require.NoError(t, writeKey(t, conn, key, []byte("w"), patience))
			require.True(t, leased(a, b))
			require.Equal(t, epoch, a.view().Epoch, "nobody was dropped")
		})
	}
}

// Nothing is made anew while answers come.
func TestALaneThatDeliversIsKept(t *testing.T) {
	a, b, toA, toB := stickable(t)
	require.NoError(t, writeKey(t, dial(t, a.addr), keyOf(t, a, 0), []byte("v"), patience))
	eventually(t, "all lanes are there", func() bool {
		babble(a, b)
		babble(b, a)
		ab, ba := a.links.get(b.incarnation), b.links.get(a.incarnation)
		return ab.bulk.alive() && ab.fill.alive() && ba.fill.alive()
	})
	start, before := a.now(), toA.connections()+toB.connections()
	eventually(t, "some leases pass", func() bool { return a.now()-start > 4*store.Instant(quick().Lease) })
	require.Equal(t, before, toA.connections()+toB.connections())
}
