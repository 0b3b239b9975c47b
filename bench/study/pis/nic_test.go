package pis

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

func TestTheSlowestNIC(t *testing.T) {
	require.Equal(t, 93.0, slowest([]study.NIC{{Host: "master", In: 95, Out: 94}, {Host: "w1", In: 93, Out: 94}}))
}

func TestTheRateOfACable(t *testing.T) {
	for _, c := range []struct {
		about   string
		streams []float64
		want    float64
		tries   int
	}{
		{"at once", []float64{99}, 99, 1},
		{"no more than there is", []float64{104}, 100, 1},
		{"the best of all", []float64{60, 90, 80, 70, 99}, 90, 4},
		{"until it is enough", []float64{60, 99.5, 98}, 99.5, 2},
	} {
		tries := 0
		got, err := bestRate(100, func() (float64, error) { tries++; return c.streams[tries-1], nil })
		require.NoError(t, err)
		require.Equal(t, c.want, got, c.about)
		require.Equal(t, c.tries, tries, c.about)
	}
	broken := errors.New("unplugged")
	_, err := bestRate(100, func() (float64, error) { return 0, broken })
	require.ErrorIs(t, err, broken)
}
