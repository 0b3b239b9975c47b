package pis

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDilationMakesAllComputersFit(t *testing.T) {
	for _, c := range []struct {
		fit  fit
		want float64
	}{
		{fit{5, 0.48, 2}, 2.5},  // Pi 2s: 2.4 cores in 1
		{fit{5, 0.48, 16}, 1},   // there is room
		{fit{2, 4, 2}, 8},       // Pi 5s
		{fit{5, 0.055, 2}, 1},   // Zeros
		{fit{100, 0.48, 2}, 48}, // a cupboard of them
	} {
		k := c.fit.dilation()
		require.Equal(t, c.want, k, "%+v", c.fit)
		require.NoError(t, c.fit.check(k))
	}
}

func TestADilationThatDoesNotFitIsRefusedWithItsArithmetic(t *testing.T) {
	f := fit{5, 0.48, 2}
	require.NoError(t, f.check(1.6))
	err := f.check(1)
	require.ErrorIs(t, err, ErrTooFewCores)
	for _, text := range []string{"5 computers of 0.48", "2.40 cores", "of 2 cores", "1.5", "--dilate 1.6", "2.5"} {
		require.ErrorContains(t, err, text)
	}
	require.Error(t, f.check(0.5))
}
