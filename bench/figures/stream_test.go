package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheStreamKeepsItsRate: late values are made up for, and it stops when
// told, but not in the middle of a value.
func TestTheStreamKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin, slow := time.Now(), true
		calls, err := stream(ctx, func(ctx context.Context, _ string) error {
			if slow {
				time.Sleep(400 * time.Millisecond)
			}
			slow = false
			time.Sleep(50 * time.Millisecond)
			return ctx.Err()
		})
		require.NoError(t, err)
		require.Equal(t, 7, calls, "every 160 ms from the beginning")
		require.InDelta(t, time.Second, time.Since(begin), float64(50*time.Millisecond))

		boom := errors.New("boom")
		_, err = stream(t.Context(), func(context.Context, string) error { return boom })
		require.ErrorIs(t, err, boom)
	})
}

func TestStreamsAreComparedRoundByRound(t *testing.T) {
	p99 := make(map[[2]string][]float64)
	for _, way := range streamWays {
		p99[[2]string{namePikv, way}] = []float64{4, 6}
		p99[[2]string{nameEcho, way}] = []float64{2, 6}
	}
	p99[[2]string{namePikv, "alone"}] = []float64{1, 5}
	text := tableOf(streamRows(p99, nil))
	require.Contains(t, text, "| pikv, beside reads, more than alone | at most 3 ms | 3.00 ms | 1.00 ms | 3.00 ms |")
	require.Contains(t, text, "| pikv : echo, beside writes | at most 1.2 | 2.00 | 1.00 | 2.00 |")
	require.NotContains(t, text, "streamed", "what was not measured has no row")
}
