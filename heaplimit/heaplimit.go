// Package heaplimit keeps large allocations within the runtime's soft limit on memory
// (GOMEMLIMIT).
//
// The limit is soft: the collector works beside the program, and whoever allocates
// goes on meanwhile. A few requests of the largest value, of which each leaves 60 MiB of
// garbage sooner than one collection ends, so take a small computer's memory away
// from everybody else on it.
package heaplimit

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
)

// large is how many bytes are worth a look at the limit.
const large = 1 << 20

// collecting is held by who collects: others wait for what that frees.
var collecting sync.Mutex

// MakeRoom is called before n bytes are allocated, and collects first if they would
// pass the limit. What is in use may pass it all the same: then there is nothing to
// collect. It looks only where n is large, for some microseconds; a collection takes
// as long as what is in use has pointers. Safe for concurrent use.
func MakeRoom(n int) {
	if n < large || !passes(n) {
		return
	}
	collecting.Lock()
	defer collecting.Unlock()
	if passes(n) {
		runtime.GC()
	}
}

// passes reports whether n bytes more would pass the limit.
func passes(n int) bool {
	samples := [...]metrics.Sample{
		{Name: "/gc/gomemlimit:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples[:])
	limit, total, released, free := samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()
	return limit != math.MaxInt64 && total-released-free+uint64(n) > limit
}
