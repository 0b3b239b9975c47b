package inspect

import (
	"encoding/json"
	"math"
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample has values below zero, around one, and beyond the last bucket.
func sample() Histogram {
	return histogramOf(&metrics.Float64Histogram{
		Counts:  []uint64{1, 0, 90, 9, 2},
		Buckets: []float64{math.Inf(-1), 0, 1, 2, 4, math.Inf(1)},
	})
}

func TestAHistogramTellsItsQuantiles(t *testing.T) {
	h := sample()
	require.Len(t, h, 4, "without the empty bucket")
	require.Equal(t, uint64(102), h.Count())
	for q, want := range map[float64]float64{0: 0, 0.5: 2, 0.8: 2, 0.95: 4, 0.98: 4, 0.999: math.Inf(1), 1: math.Inf(1)} {
		require.Equal(t, want, h.AtMost(q), "%v", q)
	}
	require.Zero(t, Histogram(nil).AtMost(0.99))
}

func TestWhatAHistogramCountedSince(t *testing.T) {
	h := sample()
	require.Empty(t, h.Since(h))
	require.Equal(t, h, h.Since(nil))
	before := histogramOf(&metrics.Float64Histogram{Counts: []uint64{1, 0, 80, 0, 1}, Buckets: []float64{math.Inf(-1), 0, 1, 2, 4, math.Inf(1)}})
	since := h.Since(before)
	require.Equal(t, uint64(20), since.Count())
	require.Equal(t, 2.0, since.AtMost(0.5))
}

func TestWhatTwoHistogramsCounted(t *testing.T) {
	other := histogramOf(&metrics.Float64Histogram{Counts: []uint64{2, 5, 3, 0, 1}, Buckets: []float64{math.Inf(-1), 0, 1, 2, 4, math.Inf(1)}})
	both := histogramOf(&metrics.Float64Histogram{Counts: []uint64{3, 5, 93, 9, 3}, Buckets: []float64{math.Inf(-1), 0, 1, 2, 4, math.Inf(1)}})
	h := sample()
	require.Equal(t, both, h.And(other))
	require.Equal(t, both, other.And(h))
	require.Equal(t, sample(), h.And(nil))
	require.Equal(t, sample(), h, "it is left as it was")
}

func TestMetricsAsJSON(t *testing.T) {
	in := Metrics{
		Numbers:    map[string]float64{"/gc/cycles/total:gc-cycles": 3},
		Histograms: map[string]Histogram{"/sched/pauses/total/gc:seconds": sample(), "/empty:seconds": {}},
	}
	data, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"/gc/cycles/total:gc-cycles": 3, "/empty:seconds": [], "/sched/pauses/total/gc:seconds":
		[{"to": 0, "n": 1}, {"from": 1, "to": 2, "n": 90}, {"from": 2, "to": 4, "n": 9}, {"from": 4, "n": 2}]}`, string(data))
	var out Metrics
	require.NoError(t, json.Unmarshal(data, &out))
	require.Equal(t, in, out)
	for _, wrong := range []string{`[]`, `{"x": "text"}`, `{"x": [1]}`} {
		require.Error(t, json.Unmarshal([]byte(wrong), &out), wrong)
	}
}

// TestTheRuntimeTells what an operator looks for.
func TestTheRuntimeTells(t *testing.T) {
	before := Read()
	runtime.GC()
	m := Read()
	const cycles, pauses = "/gc/cycles/total:gc-cycles", "/sched/pauses/total/gc:seconds"
	require.Greater(t, m.Numbers[cycles], before.Numbers[cycles])
	require.NotZero(t, m.Histograms[pauses].Since(before.Histograms[pauses]).Count())
	require.Positive(t, m.Numbers["/cpu/classes/gc/total:cpu-seconds"])
	require.Positive(t, m.Numbers["/memory/classes/heap/objects:bytes"])
}
