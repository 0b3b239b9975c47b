package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench"
	"pikv/inspect"
)

// reading is one of a worker whose collector has done so much.
func reading(cpu time.Duration, cycles, gc float64, short, long uint64) collector {
	ends := []float64{0, 0.0001, 0.0005}
	return collector{inspect.Metrics{
		Numbers: map[string]float64{gcCycles: cycles, gcCPU: gc, heapBytes: 5e6},
		Histograms: map[string]inspect.Histogram{gcPauses: {
			{From: &ends[0], To: &ends[1], N: short}, {From: &ends[1], To: &ends[2], N: long},
		}},
	}, cpu}
}

func TestWhatTheCollectorDidMeanwhile(t *testing.T) {
	text := pausesText(reading(10*time.Second, 10, 0.5, 20, 7), reading(20*time.Second, 15, 0.6, 28, 9), bench.Result{})
	require.Contains(t, text, "p99.9 | less than 1 ms | 0.500 ms |")
	require.Contains(t, text, "median |  | 0.100 ms |")
	require.Contains(t, text, "processor time | less than 2 % | 1.00 % |")
	require.Contains(t, text, "| collections |  | 5 |")
	require.Contains(t, text, "| pauses |  | 10 |")

	same := reading(time.Second, 1, 1, 1, 1)
	later := same
	later.cpu *= 2
	require.Contains(t, pausesText(same, later, bench.Result{}), "p99.9 | less than 1 ms | none |")
}
