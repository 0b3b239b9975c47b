package client

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPauseGrowsToItsCap(t *testing.T) {
	for attempt, want := range []time.Duration{5, 10, 20, 40, 80, 100, 100} {
		want *= time.Millisecond
		require.Equal(t, want, pause(attempt, 0))
		require.InDelta(t, want/2, pause(attempt, 0.999999), float64(time.Millisecond))
	}
	require.Equal(t, pauseMax, pause(1<<30, 0))
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		require.NoError(t, sleep(t.Context(), 9))
		require.LessOrEqual(t, time.Since(start), pauseMax)
		require.GreaterOrEqual(t, time.Since(start), pauseMax/2)

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		require.ErrorIs(t, sleep(ctx, 9), context.DeadlineExceeded)
	})
}
