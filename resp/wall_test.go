package resp

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUntil(t *testing.T) {
	const now = 1_700_000_000_123_456_789
	for _, c := range []struct {
		ms   int64
		want time.Duration
	}{
		{1_700_000_000_124, 543_211}, {1_700_000_000_123, -1}, {1_700_000_000_122, -1}, {0, -1}, {-5, -1}, {math.MinInt64, -1},
		{1_700_000_001_124, time.Second + 543_211}, {math.MaxInt64, math.MaxInt64}, {math.MaxInt64 / 1000, math.MaxInt64},
	} {
		require.Equal(t, c.want, untilMS(c.ms, now), "%d", c.ms)
	}
	require.Equal(t, time.Duration(-1), untilMS(1_700_000_000_000, 1_700_000_000_000*nsPerMS), "a time that has come is over")
	require.Equal(t, 5*time.Millisecond, milliseconds(5))
	require.Equal(t, time.Duration(math.MaxInt64), milliseconds(math.MaxInt64))
	require.EqualValues(t, -1, milliseconds(0))
	require.EqualValues(t, -1, milliseconds(math.MinInt64))
}

func TestLeftIsRoundedUp(t *testing.T) {
	for ttl, want := range map[time.Duration]int64{1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, 100 * time.Second: 100_000, math.MaxInt64: 9223372036855} {
		require.Equal(t, want, leftMS(&Item{TTL: ttl}), "%v", ttl)
	}
}

// A time as far away as can be does not overflow.
func TestWallFarAhead(t *testing.T) {
	c := &Call{offset: 1_700_000_000_000_000_000}
	require.Equal(t, int64(1_700_000_000_000+9223372036854), c.wallMS(0, math.MaxInt64))
	require.Equal(t, int64(1_700_000_000_001), c.wallMS(500_000, 0))
}

// The processor is lost between the first readings, and the second ones.
func TestClocksAreComparedAgainWhenTimePassesBetween(t *testing.T) {
	for _, tt := range []struct {
		readings []int64
		want     int64 // of the clock, at the comparison that counts
	}{
		{[]int64{1e9, 1e9 + 10}, 1e9},
		{[]int64{1e9, 9e9, 20e9, 20e9 + 100}, 20e9},
		{[]int64{1e9, 9e9, 10e9, 12e9, 30e9, 30e9 + 1e6, 40e9, 48e9, 50e9, 58e9}, 30e9},
	} {
		rest := tt.readings
		before := time.Now().UnixNano()
		ahead := compareClocks(func() int64 { now := rest[0]; rest = rest[1:]; return now })
		after := time.Now().UnixNano()
		require.Empty(t, rest)
		require.GreaterOrEqual(t, ahead+tt.want, before-1e6)
		require.LessOrEqual(t, ahead+tt.want, after)
	}
}
