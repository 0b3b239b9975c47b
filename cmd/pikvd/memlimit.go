package main

import (
	"math"
	"os"
	"runtime/debug"
)

// heapPart is the part of --max-memory that the heap may have beside requests:
// the entries lie elsewhere, in mapped memory that the collector knows nothing of,
// but what is remembered of clients' writes, and what other replicas have not
// acknowledged yet, lies there and counts.
const heapPart = 4 // a quarter

// processBase is what a node needs besides entries and requests: code, stacks,
// connections' buffers, the views.
const processBase = 64 << 20

// memoryLimit is the Go runtime's soft limit for a process whose nodes keep
// entries of maxMemory bytes, in mapped memory, and requests of inFlight bytes.
// Without one the heap may double before the collector runs. The limit leaves
// the entries their memory, and a twentieth of the RAM to the system, but never
// goes below what the requests need: too low a limit makes the collector run
// without end.
func memoryLimit(maxMemory, inFlight, ram, addressable int64) int64 {
	least := inFlight + processBase
	limit := min(least+maxMemory/heapPart, addressable-maxMemory)
	if ram > 0 {
		limit = min(limit, ram-ram/20-maxMemory)
	}
	return max(limit, least)
}

// limitMemory sets the limit, unless GOMEMLIMIT already says one.
func limitMemory(limit int64) {
	if os.Getenv("GOMEMLIMIT") == "" && limit < math.MaxInt64 {
		debug.SetMemoryLimit(limit)
	}
}
