package main

import (
	"math"
	"os"
	"runtime/debug"
)

// collectorSlack is the part of the entries' memory that the collector may let
// lie as garbage before it works harder: without a limit it waits until the
// heap has doubled, and a node with half of the RAM full of entries would then
// take all of it.
const collectorSlack = 4 // a quarter

// processBase is what a node needs besides entries and requests: code, stacks,
// connections' buffers, the views.
const processBase = 64 << 20

// memoryLimit is the Go runtime's soft limit for a process whose nodes keep
// entries of maxMemory bytes and requests of inFlight bytes. It leaves a
// twentieth of the RAM to the system, but never goes below what the node was
// told to keep: too low a limit makes the collector run without end.
func memoryLimit(maxMemory, inFlight, ram, addressable int64) int64 {
	need := maxMemory + inFlight + processBase
	limit := min(need+maxMemory/collectorSlack, addressable)
	if ram > 0 {
		limit = min(limit, ram-ram/20)
	}
	return max(limit, min(need, addressable))
}

// limitMemory sets the limit, unless GOMEMLIMIT already says one.
func limitMemory(limit int64) {
	if os.Getenv("GOMEMLIMIT") == "" && limit < math.MaxInt64 {
		debug.SetMemoryLimit(limit)
	}
}
