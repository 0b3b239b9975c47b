// Package worker is the composition root of the worker role: it stores
// partitions and serves them.
//
// A data request comes in on a connection's reader goroutine (serve.go),
// which finds the key's partition, locks it, and hands the operation to that
// partition's replica.Core. The core answers at once, or later, when the
// replicas that a write needs have acknowledged it; what else it wants
// (messages to other workers, requests to the register) it leaves as effects,
// which partition.go carries out before it unlocks. Around that stand the
// loops: poll.go fetches views and follow.go adopts them, report.go tells the
// master how this worker is and brings back suggestions, changes.go takes
// requests to the register, links.go and lane.go carry messages between
// workers, heartbeat.go keeps them in touch, fill.go paces snapshots, tick.go
// lets time pass.
//
// Locks: a partition's lock may be held while one of these is taken: a
// connection's out buffer, the list of links, a lane's queue, the queue of
// changes. The follower's lock is held while a view is handed to the
// partitions, one after the other. Nothing else is locked under another lock,
// and no two partitions at once.
package worker
