package main

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatTheMemoryFigureWrites: the keys have 16 bytes, each is written once a
// pass, and the sizes are as the figure says.
func TestWhatTheMemoryFigureWrites(t *testing.T) {
	require.Len(t, memoryKey(0), 16)
	require.Len(t, memoryKey(999_999), 16)
	require.Equal(t, memoryValue, memorySize(0, 5))
	sum, seen := 0, make(map[int]bool)
	for key := range 20_000 {
		size := memorySize(3, key)
		require.Equal(t, size, memorySize(3, key), "the same each time that it is asked")
		seen[size] = true
		sum += size
	}
	require.InDelta(t, (memoryLeast+memoryMost)/2, float64(sum)/20_000, 1)
	require.Len(t, seen, memoryMost-memoryLeast+1)
	require.True(t, seen[memoryLeast] && seen[memoryMost])

	order := memoryOrder(1, 1000)
	require.NotEqual(t, order, memoryOrder(2, 1000))
	require.False(t, slices.IsSorted(order))
	slices.Sort(order)
	for i, key := range order {
		require.Equal(t, i, key)
	}
}

func TestSettledMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("there is no /proc")
	}
	bytes, err := settledMemory(t.Context(), os.Getpid(), 0)
	require.NoError(t, err)
	require.Positive(t, bytes)
	_, err = settledMemory(t.Context(), 1<<30, 0)
	require.ErrorIs(t, err, os.ErrNotExist)
}
