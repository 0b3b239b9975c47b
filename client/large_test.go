package client

import (
	"hash/maphash"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSizeMemory(t *testing.T) {
	m := sizeMemory{seed: maphash.MakeSeed()}
	require.False(t, m.large("k"))
	m.saw("k", largeValue)
	require.False(t, m.large("k"), "the limit itself is small")
	m.saw("k", largeValue+1)
	require.True(t, m.large("k"))
	require.Equal(t, largeValue+1, m.size("k"))
	m.saw("k", 1)
	require.False(t, m.large("k"))

	// Keys that fall into one cell push each other out, no more.
	for i := range 10_000 {
		key := strconv.Itoa(i)
		m.saw(key, largeValue+1)
		require.True(t, m.large(key))
	}
	require.False(t, m.large("never seen"))
}
