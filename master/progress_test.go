package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRatesAreSmoothed(t *testing.T) {
	var p progress
	now := epochZero
	var rate int64
	step := func(bytes, other int64) {
		now = now.Add(100 * time.Millisecond)
		moves := []move{{id: 1, to: 2, done: bytes, total: 1 << 20}, {id: 2, to: 2, done: other, total: 1 << 20}}
		p.observe(moves, now)
		rate = moves[0].rate
	}
	step(5000, 0)
	require.Zero(t, rate, "nothing to compare with")
	for i := range int64(10) {
		step(5000+(i+1)*1000, 0)
	}
	require.InDelta(t, 10_000, rate, 1)
	require.InDelta(t, 10_000, p.all, 1)
	step(15_000, 0) // a pause
	require.InDelta(t, 10_000*0.967, rate, 10)
	for i := range int64(100) {
		step(15_000, (i+1)*3000)
	}
	require.Less(t, rate, int64(1000))
	require.InDelta(t, 30_000, p.all, 2000)
	step(10, 300_000) // it has begun anew
	require.Positive(t, rate)
	for range 400 {
		now = now.Add(100 * time.Millisecond)
		p.observe(nil, now)
	}
	require.Zero(t, p.all)
	require.Empty(t, p.done)
}

func TestSyncWatchTellsForHowLong(t *testing.T) {
	at := func(s int) time.Time { return epochZero.Add(time.Duration(s) * time.Second) }
	w := newSyncWatch(at(0))
	require.Equal(t, 2*time.Second, w.observe(false, at(2)))
	require.Zero(t, w.observe(true, at(3)))
	require.Equal(t, 4*time.Second, w.observe(true, at(7)))
	require.Zero(t, w.observe(false, at(8)))
	require.Zero(t, w.observe(false, at(7)), "an older look")
}
