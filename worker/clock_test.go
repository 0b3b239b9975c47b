package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

func TestTheClockRunsAsOthersDo(t *testing.T) {
	now, began := newClock(), time.Now()
	first := now()
	require.Positive(t, first, "0 is never")
	require.Less(t, first, store.Instant(time.Minute))
	last := first
	for time.Since(began) < 20*time.Millisecond {
		next := now()
		require.GreaterOrEqual(t, next, last)
		last = next
	}
	require.InDelta(t, time.Since(began), time.Duration(last-first), float64(10*time.Millisecond))
}

func BenchmarkClock(b *testing.B) {
	b.Run("worker", func(b *testing.B) {
		now := newClock()
		for b.Loop() {
			now()
		}
	})
	b.Run("go", func(b *testing.B) {
		began := time.Now()
		for b.Loop() {
			_ = time.Since(began)
		}
	})
}
