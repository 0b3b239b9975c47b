package runner

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWhatIsLateIsSeen: a request that was due before the end and is answered, or
// fails, long after it has a sample of its own.
func TestWhatIsLateIsSeen(t *testing.T) {
	o := newObserver(300*time.Millisecond, 50)
	at := func(since time.Duration) { o.begin = time.Now().Add(-since) }
	at(10 * time.Millisecond)
	o.ended(5*time.Millisecond, nil)
	o.ended(7*time.Millisecond, nil)
	at(740 * time.Millisecond)
	o.ended(600*time.Millisecond, nil)
	o.ended(time.Second, errors.New("timed out"))
	got := o.samples()
	require.Len(t, got, 8)
	require.Equal(t, 20.0, got[0].Rate)
	require.Equal(t, 5000.0, got[0].P99)
	require.Equal(t, []float64{50, 50, 50, 0}, []float64{got[0].Due, got[1].Due, got[2].Due, got[3].Due})
	require.Equal(t, []float64{800, 10, 600_000, 0}, []float64{got[7].At, got[7].Rate, got[7].P99, got[7].Due})
	require.Equal(t, int64(1), got[7].Failed)
	at(time.Hour)
	o.ended(time.Hour, nil)
	require.Len(t, o.samples(), len(o.slots), "it is in the last there is")
}

// TestStealIsNotedForEachSlot until it is told to end.
func TestStealIsNotedForEachSlot(t *testing.T) {
	o := newObserver(time.Second, 1)
	for i := range o.slots {
		o.slots[i].steal = -1
	}
	ctx, cancel := context.WithTimeout(t.Context(), 350*time.Millisecond)
	defer cancel()
	require.NoError(t, o.watchSteal(ctx))
	require.GreaterOrEqual(t, o.slots[0].steal, 0.0)
	require.Equal(t, -1.0, o.slots[9].steal)
}
