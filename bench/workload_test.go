package bench

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestValidateReportsEverything(t *testing.T) {
	err := Workload{Requests: -1, Duration: -1, WarmUp: -1, ValueSize: -1, ReadShare: 1.1, Writes: "never", Keys: -1, Distribution: "odd", Rate: -1}.Validate()
	for _, what := range []string{"clients", "requests", "duration", "warmup", "value size", "read share", "writes", "keys", "distribution", "rate"} {
		require.ErrorContains(t, err, what)
	}
	require.ErrorContains(t, Workload{Clients: 1}.Validate(), "requests or duration")
	require.ErrorContains(t, Workload{Clients: 1, Requests: 1, ValueSize: 1 << 30}.Validate(), "the largest value")
	require.ErrorContains(t, Workload{Clients: 1, Requests: 1, ValueSize: 5, ValueMost: 4}.Validate(), "less than 5")
	require.ErrorContains(t, Workload{Clients: 1, Requests: 1, Distribution: Latest}.Validate(), "workloads that insert")
	for _, rate := range []float64{math.Inf(1), math.NaN(), 1e300} { // of which no run would end
		require.ErrorContains(t, Workload{Clients: 1, Duration: time.Second, Rate: rate}.Validate(), "is not between 0 and 1000000000")
	}
	require.NoError(t, Workload{Clients: 1, Requests: 1, Rate: 1e9}.Validate())
	require.NoError(t, Workload{Clients: 1, Requests: 1}.Validate())
	require.NoError(t, Workload{Clients: 1, Duration: time.Second}.Validate())
}

func TestKeysAndValues(t *testing.T) {
	w := Workload{Seed: 3, ValueSize: 1000}
	require.Equal(t, w.Value(), w.Value())
	require.Len(t, w.Value(), 1000)
	other := w
	other.Seed = 4
	require.NotEqual(t, w.Value(), other.Value())
	w.ValueMost = 2000
	require.Len(t, w.Value(), 2000)
	require.Equal(t, "bench:00000007", w.Key(7))
}
