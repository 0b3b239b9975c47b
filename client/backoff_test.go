package client

import (
	"testing"
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
