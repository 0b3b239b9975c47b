package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestValidateReportsEverything(t *testing.T) {
	err := Workload{Requests: -1, Duration: -1, ValueSize: -1, ReadShare: 1.1, Keys: -1, Rate: -1}.Validate()
	for _, what := range []string{"clients", "requests", "duration", "value size", "read share", "keys", "rate"} {
		require.ErrorContains(t, err, what)
	}
	require.ErrorContains(t, Workload{Clients: 1}.Validate(), "requests or duration")
	require.NoError(t, Workload{Clients: 1, Requests: 1}.Validate())
	require.NoError(t, Workload{Clients: 1, Duration: time.Second}.Validate())
}

// TestChoiceIsRepeatable: number and seed alone decide.
func TestChoiceIsRepeatable(t *testing.T) {
	w := Workload{Keys: 100, ReadShare: 0.25, Seed: 3, ValueSize: 1000}
	reads, seen := 0, make(map[int]bool)
	for n := range int64(10_000) {
		key, read := w.choose(n)
		again, readAgain := w.choose(n)
		require.Equal(t, key, again)
		require.Equal(t, read, readAgain)
		require.Less(t, key, 100)
		seen[key] = true
		if read {
			reads++
		}
	}
	require.InDelta(t, 2500, reads, 150)
	require.Len(t, seen, 100)
	require.Equal(t, w.Value(), w.Value())
	require.Len(t, w.Value(), 1000)

	other := w
	other.Seed = 4
	require.NotEqual(t, w.Value(), other.Value())
	require.Equal(t, "bench:00000007", w.Key(7))
}
