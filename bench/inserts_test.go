package bench

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOnlyAnsweredInsertsAreRead, however they are answered out of order.
func TestOnlyAnsweredInsertsAreRead(t *testing.T) {
	i := newInserts(10, true)
	a, b, c := i.begin(), i.begin(), i.begin()
	require.Equal(t, []int{10, 11, 12}, []int{a, b, c})
	require.Equal(t, 13, i.keys())
	require.Equal(t, 9, i.latest(0), "the latest")
	i.end(c)
	i.end(b)
	require.Equal(t, 9, i.latest(0), "10 is not answered")
	i.end(a)
	require.Equal(t, 12, i.latest(0))
	require.Empty(t, i.early)
	require.GreaterOrEqual(t, i.latest(math.Nextafter(1, 0)), 0)
	require.Less(t, i.latest(0.9), 12)
}
