package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/inspect"
)

// reading is one of a worker whose collector has done so much.
func reading(cpu time.Duration, cycles, gc float64, short, long, other uint64) collector {
	ends := []float64{0, 0.0001, 0.0005, 0.0007}
	return collector{inspect.Metrics{
		Numbers: map[string]float64{gcCycles: cycles, gcCPU: gc, heapBytes: 5e6},
		Histograms: map[string]inspect.Histogram{gcPauses: {
			{From: &ends[0], To: &ends[1], N: short}, {From: &ends[1], To: &ends[2], N: long},
		}, otherPauses: {{From: &ends[0], To: &ends[1], N: short}, {From: &ends[2], To: &ends[3], N: other}}},
	}, cpu}
}

func TestWhatTheCollectorDidMeanwhile(t *testing.T) {
	busy := collecting{before: reading(10*time.Second, 10, 0.5, 20, 7, 0), after: reading(20*time.Second, 15, 0.6, 28, 9, 2)}
	idle := collecting{before: reading(time.Second, 1, 1, 1, 1, 1), after: reading(2*time.Second, 1, 1, 1, 1, 1)}
	text := pausesText(idle, busy)
	require.Contains(t, text, "p99.9 | less than 1 ms, left alone | none | 0.700 ms |")
	require.Contains(t, text, "median |  | none | 0.100 ms |")
	require.Contains(t, text, "left alone | 0.00 % | 1.00 % |")
	require.Contains(t, text, "| collections |  | 0 | 5 |")
	require.Contains(t, text, "| pauses |  | 0 | 20 |")
	require.Contains(t, text, "else than a collection |  | 0 | 10 |")
	require.Contains(t, text, "longest of those |  | none | 0.700 ms |")
}
