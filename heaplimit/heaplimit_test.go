package heaplimit

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// Garbage that comes faster than a collection ends stays within the limit.
func TestGarbageStaysWithinTheLimit(t *testing.T) {
	const size, room = 16 << 20, 64 << 20
	runtime.GC()
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	at := 0
	for !limitedTo(at) {
		at += 1 << 20
	}
	debug.SetMemoryLimit(int64(at + room))
	for range 100 {
		MakeRoom(size)
		b := make([]byte, size)
		require.False(t, passes(0))
		runtime.KeepAlive(b)
	}
}

// limitedTo reports whether all that is in use fits into so many bytes.
func limitedTo(bytes int) bool {
	debug.SetMemoryLimit(int64(bytes))
	return !passes(0)
}

// What is in use does not have it collect without end.
func TestWhatIsInUseMayPassTheLimit(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1))
	MakeRoom(large)
	require.True(t, passes(0))
}

// Without a limit, and for what is small, nothing is collected.
func TestNothingIsCollectedWithoutNeed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	MakeRoom(math.MaxInt)
	func() {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(1))
		debug.SetGCPercent(-1)
		MakeRoom(large - 1)
	}()
	runtime.ReadMemStats(&after)
	require.Equal(t, before.NumForcedGC, after.NumForcedGC)
}
