// Package worker is the composition root of the worker role: it stores
// partitions and serves them.
//
// A data request comes in on a connection's reader goroutine (serve.go),
// which finds the key's partition, locks it, and hands the operation to that
// partition's replica.Core. The core answers at once, or later, when the
// replicas that a write needs have acknowledged it; what else it wants
// (messages to other workers, requests to the register) it leaves as effects,
// which partition.go carries out before it unlocks. Around that stand the
// loops: follow.go fetches views, report.go tells the master how this worker
// is and brings back suggestions, change.go takes requests to the register,
// link.go carries messages between workers, fill.go paces snapshots, tick.go
// lets time pass.
//
// Locks: a partition's lock may be held while one of these is taken: a
// connection's out buffer, a link's queue, the queue of changes. The
// follower's lock is held while a view is handed to the partitions, one after
// the other. Nothing else is locked under another lock, and no two partitions
// at once.
package worker
