package runner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

func TestWhatWasStolenIsMeasuredAgain(t *testing.T) {
	for _, c := range []struct {
		about       string
		steals      []float64 // of the tries, in turn
		spare       int
		mark        string
		best, left  float64
		tries, uses int
	}{
		{"a calm one", []float64{5}, 3, "", 5, 3, 1, 1},
		{"the first calm one", []float64{20, 8, 2, 1}, 3, "", 2, 1, 3, 3},
		{"the calmest of those there may be", []float64{20, 8, 9, 1}, 2, "", 8, 0, 3, 3},
		{"none is spare", []float64{20, 8}, 0, "", 20, 0, 1, 1},
		{"one that is marked is kept", []float64{20, 8}, 3, "a node was lost", 20, 3, 1, 1},
	} {
		spare, at := c.spare, 0
		got, tries, err := calm(&spare, func() (study.Point, error) {
			at++
			return study.Point{Steal: c.steals[at-1], Ops: int64(at), Mark: c.mark}, nil
		}, lossOf)
		require.NoError(t, err)
		require.Equal(t, c.best, got.Steal, c.about)
		require.Equal(t, c.steals[got.Ops-1], got.Steal, "%s: all of it is of the same try", c.about)
		require.Equal(t, []int{c.tries, int(c.left), c.uses}, []int{tries, spare, at}, c.about)
	}
	_, _, err := calm(new(int), func() (study.Point, error) { return study.Point{}, errSilent }, lossOf)
	require.ErrorIs(t, err, errSilent)
}
