// Package worker is the composition root of the worker role: it stores
// partitions and serves them.
//
// A data request comes in on a connection's reader goroutine (serve.go,
// batch.go, mget.go), which finds the key's partition, locks it, and hands the operation
// to that partition's replica.Core. The core answers at once, or later, when
// the replicas that a write needs have acknowledged it; what else it wants
// (messages to other workers, requests to the register) it leaves as effects,
// which partition.go carries out before it unlocks. What waits for nothing and
// concerns nobody else, most reads and the puts of which there is one copy, is done
// without that: Core.Get, Core.PutAtOnce. Around that stand the
// loops: poll.go fetches views and follow.go adopts them, report.go tells the
// master how this worker is and brings back suggestions, changes.go takes
// requests to the register, fill.go paces snapshots (moverate.go says how
// fast in all, fairshare.go each pair, allowance.go how much now), tick.go
// lets time pass where something is under way (active.go), and sweeper.go
// removes keys whose time is over. With Config.Eviction, evictor.go removes
// keys ahead of need, chosen from what holdings.go says of the partitions.
//
// Clients of Redis come in by another door (redis_door.go), of package resp: its
// commands are this worker's operations, too. redis.go and redis_update.go make them
// such: a command that changes a key by what it was is decided, and answered, under the
// partition's lock. redis_failure.go says what becomes of those that fail.
//
// # Between two workers
//
// A link (links.go) has three connections that this worker dials, one for
// entries, one for snapshots, which the kernel paces, and an urgent one for
// acknowledgements and beats; what the other sends comes over the three that it
// dials. What the readers of this worker's connections produce leaves when they
// have handled what was there (rpcconn.Bursts), as few frames. Each begins with a hello: a
// Peer request that names both incarnations (peer.go). It makes the connection
// a peer's for package rpcserver, with room of its own that clients cannot
// take; and when another run of the node answers it, or nobody listens at the
// address, the pair is gone: the cores need not wait for its silence.
//
// Then come frames, as notifications (beat.go):
//
//	[from, to, batch]   batch = flags | beat, if flags&1 | messages
//
// Two workers that are replicas of one partition, in whatever part, ask each
// other for a lease every Timing.Beat. So both are heard as long as they share
// anything, and a backup that becomes primary has its leases already. An idle node
// wakes seldom: one goroutine asks all peers at the same moments (tick.go), in step
// with them (rhythm.go), and an answer travels with the next question the other
// way, a beat later at most, unless the lease is about to lapse and the question
// says so. Reports leave at such moments, too, and seldom when there is no news
// (news.go). An answer names the view whose taking up has begun, and
// counts only where that view has been taken up whole: standing.go has the order,
// on which the safety of leases rests. What an answer says of room is this
// worker's free memory, divided by those that ask; and what is missing there of
// the reserve is divided by who leads what lies here, see replica.Allot.
//
// Silence is judged for each pair, and the cores that share a partition with a
// silent peer are told (links.judge). A worker that notices that it has itself
// not run for a while blames nobody: what the others said is yet to be read. A
// peer that was silent for long is dialled anew, since TCP tries again on an
// old connection only after as long a pause.
//
// Time is CLOCK_BOOTTIME where there is one (clock_linux.go): leases must not
// survive a suspended machine. An operation reads it once, under the lock of
// its partition.
//
// # Locks
//
// A partition's lock may be held while one of these is taken: a connection's
// out buffer, the list of links, a lane's queue, the queue of changes, the list
// of active partitions, that of the hungry ones. So may be, by a call of package resp
// that is answered or held there, these, in this order where two are: the queue of its
// connection, the eventloop.Conn, the mail of a loop. Bursts and package resp's flusher
// lock nothing further. The follower's lock is held while a view is handed to
// the partitions, one after the other, and to standing. Nothing else is locked
// under another lock, and no two partitions at once.
//
// A panic while a partition is locked ends the process (partition.go); one in a
// handler that holds nothing fails the call.
package worker
