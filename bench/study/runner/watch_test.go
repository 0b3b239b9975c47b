package runner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

// slotsOf is a timeline of two samples from which so much was stolen on average.
func slotsOf(steal float64) timeline {
	return timeline{seen: []study.Sample{{At: 100, Steal: 0}, {At: 200, Steal: 2 * steal}}, moments: []study.Sample{{At: 150, Moment: "w3 was killed"}}}
}

// TestATimelineIsWatchedAgain when much was stolen, and the calmest of three at most is kept.
func TestATimelineIsWatchedAgain(t *testing.T) {
	for _, c := range []struct {
		steals []float64
		best   float64
		tries  int
	}{
		{[]float64{4}, 4, 1},
		{[]float64{30, 1}, 1, 2},
		{[]float64{30, 8, 20, 0}, 8, 3},
	} {
		tries := 0
		got, err := calmest(func() (timeline, error) { tries++; return slotsOf(c.steals[tries-1]), nil })
		require.NoError(t, err)
		require.Equal(t, c.tries, tries)
		require.Equal(t, c.best, study.Stolen(got.seen))
	}
}

// TestATimelineIsInTheFolderOnce, in the order of time, whatever a try has left before.
func TestATimelineIsInTheFolderOnce(t *testing.T) {
	r := Runner{Dir: t.TempDir(), target: "pis"}
	kill, join := study.Step{Mode: study.Direct, Event: study.Kill}, study.Step{Mode: study.Direct, Event: study.Join}
	require.NoError(t, r.keep(kill, slotsOf(30)))
	require.NoError(t, r.keep(join, slotsOf(1)))
	require.NoError(t, r.keep(kill, slotsOf(2)))
	all, err := study.ReadTimeline(r.Dir)
	require.NoError(t, err)
	require.Len(t, all, 6)
	for i, want := range []float64{100, 150, 200, 100, 150, 200} {
		require.Equal(t, want, all[i].At)
		require.Equal(t, "pis", all[i].Target)
	}
	require.Equal(t, []string{study.Join, study.Kill}, []string{all[0].Event, all[3].Event})
	require.Equal(t, 4.0, all[5].Steal)
}
