package worker

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
)

func TestInStep(t *testing.T) {
	for _, c := range []struct{ after, pause time.Duration }{
		{0, 1000},
		{1, 999},
		{99, 901},
		{101, 900}, // not at once: questions must not come too often
		{900, 900},
		{949, 900},
		{950, 1050}, // a little early: it waits
		{999, 1001},
		{1000, 1000},
		{1300, 900}, // its last beat was missed
		{3001, 999},
	} {
		require.Equal(t, c.pause, inStep(c.after, 1000), "%d after", c.after)
	}
}

func TestANodeBeatsByItself(t *testing.T) {
	var r rhythm
	require.True(t, r.due(1), "the first beat")
	r.struck(500, 0, 100)
	require.False(t, r.due(599))
	require.True(t, r.due(600))
	require.EqualValues(t, 60, r.until(540))
	require.Zero(t, r.until(700), "late")
	require.True(t, r.since(499))
	require.False(t, r.since(500))
	r.struck(600, 700, 100)
	require.EqualValues(t, 700, r.next.Load(), "what is yet to come is nothing to keep step with")
}

// dancer is a node in TestNodesComeIntoStep.
type dancer struct {
	rhythm rhythm
	ahead  float64       // of its clock
	rate   float64       // of it
	due    float64       // when it beats next, by the true clock
	lead   store.Instant // when it heard the first of them beat
}

func (d *dancer) clock(now float64) store.Instant { return store.Instant(d.ahead+now*d.rate) + 1 }

// However they begin, whatever their clocks show and however fast they go, nodes
// come to beat together, and no pause between two beats is much off.
func TestNodesComeIntoStep(t *testing.T) {
	const beat, late, nodes, settled, end = 1e8, 1e6, 5, 1.2e9, 5e9
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		all := make([]*dancer, nodes) // the first one leads
		for i := range all {
			all[i] = &dancer{ahead: rng.Float64() * 1e15, rate: 1 + (rng.Float64()-0.5)/5000, due: rng.Float64() * beat}
		}
		last := make(map[*dancer]float64)
		for now := 0.0; now < end; {
			d := slices.MinFunc(all, func(a, b *dancer) int { return cmp.Compare(a.due, b.due) })
			now = d.due
			if before, known := last[d]; known {
				require.InDelta(t, 0.975*beat, now-before, 0.075*beat+2*late)
			}
			last[d] = now
			d.rhythm.struck(d.clock(now), d.lead, time.Duration(beat))
			if d == all[0] {
				for _, other := range all[1:] {
					other.lead = other.clock(now)
				}
			} else if now > settled {
				off := math.Mod(now-last[all[0]], beat)
				require.Less(t, min(off, beat-off), 3*late)
			}
			d.due = now + float64(d.rhythm.until(d.clock(now)))/d.rate + rng.Float64()*late
		}
	}
}

// Each keeps step with the least of those that it shares partitions with, as far
// as they are there.
func TestWhoLeads(t *testing.T) {
	w := newTestWorker(t)
	w.incarnation = 1000
	v := withPeers(testView(t, w, 7), "127.0.0.1:1", "127.0.0.1:1")
	v.Partitions[0].InSync = sorted([]placement.Incarnation{w.incarnation, 101})
	require.NoError(t, w.follower.adopt(replyWith(v)))
	now := w.now()
	k := w.links.get(101)
	require.Zero(t, w.links.lead(now), "it was not heard yet")
	k.beat(now, &replica.Beat{Ask: 5})
	require.Equal(t, now, w.links.lead(now))
	require.Zero(t, w.links.lead(now+store.Instant(2*w.cfg.Timing.Silence)), "it is silent")
	w.incarnation = 100
	require.Zero(t, w.links.lead(now), "this node leads")
}
