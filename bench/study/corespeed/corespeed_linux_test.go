package corespeed

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSpeedOfThisCore(t *testing.T) {
	speed, err := Measure(t.Context())
	require.NoError(t, err)
	require.Greater(t, speed, 0.01, "slower than any Pi, or stolen")
	require.Less(t, speed, 3.0, "8 GHz")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Measure(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
