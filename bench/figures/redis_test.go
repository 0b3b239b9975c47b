package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRedisBenchmarkIsRead(t *testing.T) {
	out := "\"test\",\"rps\",\"avg_latency_ms\"\n\"SET\",\"50041.70\",\"0.5\"\n"
	rate, err := parseBenchmark(out, "SET")
	require.NoError(t, err)
	require.InDelta(t, 50041.70, rate, 0.001)
	_, err = parseBenchmark(out, "GET")
	require.ErrorContains(t, err, "nothing about GET")
}
