package study

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePlanHasEveryFigureOnce(t *testing.T) {
	for _, quick := range []bool{false, true} {
		steps, without, err := Plan(Figures, Limits{Quick: quick, Most: 4})
		require.NoError(t, err)
		require.Empty(t, without)
		figures, points := map[string]int{}, map[Point]bool{}
		for _, s := range steps {
			figures[s.Figure]++
			if s.Event == "" {
				require.False(t, points[s.Point()], "%+v twice", s)
				points[s.Point()] = true
				require.True(t, s.Is(s.Point()))
			}
			require.Positive(t, s.Repeats)
			require.Positive(t, s.Keys)
			require.Positive(t, s.Weight())
			require.True(t, s.Requests > 0 || s.Duration > 0 || s.Once, "%+v", s)
		}
		require.Len(t, figures, len(Figures)-2, "F2 and F3 are computed of F1's throughput")
	}
}

func TestThePlanOfTheStudy(t *testing.T) {
	steps, _, err := Plan([]string{"F1"}, Limits{Most: 4})
	require.NoError(t, err)
	latencies := 0
	for _, s := range steps {
		if s.Measure == Latency {
			latencies++
			require.Equal(t, int64(1024), s.Requests)
			require.Equal(t, 128, s.ValueBytes)
			require.Equal(t, 30, s.Repeats)
		}
	}
	require.Equal(t, 3*2*7, latencies)
	with, _, err := Plan([]string{"F1", "F2", "F3"}, Limits{Most: 4})
	require.NoError(t, err)
	require.Equal(t, steps, with)
	steps, _, err = Plan([]string{"F5"}, Limits{Most: 4})
	require.NoError(t, err)
	require.Len(t, steps, 2)
	require.Equal(t, 256, steps[0].Keys)
}

// TestLargeValuesDoNotOverflowCables: those who read values of a megabyte, and write them
// before, are few for each worker, as the queue of a cable has no room for more.
func TestLargeValuesDoNotOverflowCables(t *testing.T) {
	steps, _, err := Plan(Figures, Limits{Most: 4})
	require.NoError(t, err)
	large := 0
	for _, s := range steps {
		if s.ValueBytes == Megabyte {
			large++
			require.LessOrEqual(t, s.Clients, max(8*s.Workers, 10), "%+v", s)
		}
	}
	require.NotZero(t, large)
}

func TestThePlanOfWhatThereIs(t *testing.T) {
	steps, without, err := Plan(Figures, Limits{Most: 1})
	require.NoError(t, err)
	for _, s := range steps {
		require.Equal(t, 1, s.Workers)
	}
	require.Contains(t, without["F5"], "more than 1 workers")

	steps, without, err = Plan(Figures, Limits{Most: 7, Exactly: true, Replicas: 2})
	require.NoError(t, err)
	for _, s := range steps {
		require.Equal(t, []any{7, 2, Pikv, ""}, []any{s.Workers, s.Replicas, s.Store, s.Event})
	}
	require.Contains(t, without["F7"], "left as it is")
	require.NotContains(t, without, "F1")

	_, _, err = Plan([]string{"F1", "F11", "x"}, Limits{})
	require.ErrorContains(t, err, `"F11", "x"`)
	require.ErrorContains(t, err, "F10")
}
