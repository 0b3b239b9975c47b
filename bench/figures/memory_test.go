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

func TestMemoryText(t *testing.T) {
	use := func(filled, rewritten int64) memoryUse {
		return memoryUse{empty: 1000, filled: filled, rewritten: rewritten, payload: 14_400}
	}
	text := memoryText([]string{namePikv, nameRedis, nameMemcached}, map[string][]memoryUse{
		namePikv:  {use(18_000, 22_100), use(18_500, 22_000), use(19_000, 23_000)},
		nameRedis: {use(26_000, 37_000)},
	}, 100)
	require.Contains(t, text, "| pikv | 175 (170-180) | at most 176 | 211 (210-220) | at most 219 |\n")
	require.Contains(t, text, "| redis-server | 250 (250-250) |  | 360 (360-360) |  |\n")
	require.Contains(t, text, "| memcached | not installed |")
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
