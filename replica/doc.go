// Package replica holds the rules by which the replicas of a partition stay
// the same and move between workers. A Core is one partition at one node. It
// has no socket, goroutine or clock: events come in as method calls, and what
// the node is to do about them goes out as Effects, so that the worker and the
// simulation of the tests drive the very same code.
//
// A write comes to the primary by Do. The primary numbers it and sends it to
// its replicas as an Entry; each takes it by Receive and acknowledges all that
// it has; when every replica that counts has it, it is committed, applied to
// the store, and answered. A read is answered from the store at once. Both wait
// while a lease has lapsed. docs/PROTOCOL.md has the rules, DESIGN.md beside
// this file the reasons.
//
// Where to read on: op.go and execute.go run operations, decide.go, update.go and
// group.go those that bring a function; lines.go keeps their order; number.go,
// primary.go, ack.go and stream.go replicate them; backup.go and staged.go are the other
// side; adopt.go and lease.go say who may serve; fill.go moves; record.go makes
// repeated writes harmless.
//
// # Operating manual
//
// Make one Core for each partition with New, over an empty engine that nobody
// else touches, and guard both by one lock. For every event: lock, call one or
// more methods with the same Effects, carry the Effects out, Reset them,
// unlock. Carrying out before the lock is given up keeps messages in order;
// it must not call back into the Core.
//
// Carrying out Effects means:
//
//   - Done: answer the operation with that Tag. Each operation is answered
//     exactly once, by this call or a later one. Value is the store's own and
//     stays valid; it must not be changed.
//   - Messages: encode each (AppendMessage) or send it before the lock is
//     given up, in order for each receiver. They may get lost, but when the
//     node knows that some did it says so by Relinked.
//   - Requests: ask the register for them. No answer is reported back: a
//     change that was taken comes as a view, and one that got lost is asked
//     for again.
//   - Short, Starved, Evict: it is time to evict, see Evict below, and to Tick
//     the partition when there may be room.
//   - Behind: a view with at least that partition epoch exists. Fetch it, from
//     BehindFrom if that is not 0, and Adopt it.
//
// The events, and when they are due:
//
//   - Adopt: whenever the node gets a view, with the partition's configuration.
//     Repeated, skipped and older ones do no harm. See Leases for the order.
//   - Do: a client's operation. Its Key is borrowed, its Value is given away.
//     Operations on one key are numbered in the order of the calls; a read that
//     is to see what was numbered before it is an OpUpdate that changes nothing.
//   - Receive: a message from another node, of whose incarnation the node is
//     sure, to this very incarnation. Its bytes are borrowed.
//   - Tick: every some tens of milliseconds while Active; and, Active or not, while
//     the Pair with a node that its configuration names is silent or gone.
//     Deadlines, repetition of what may be lost, and silence are judged here, so
//     all are late by up to the interval.
//   - Relinked: the connection to a node is a new one, or a queue to it was
//     dropped. Both ends say so, to every partition that they share.
//   - Suggest: a step that the master plans. It may come late, twice or never.
//   - FillChunk: while FillReady, as often as the node's limit for background
//     streams allows. It returns what it cost.
//   - ExpireDue: every now and then, to remove what nobody reads any more.
//   - Evict: with Timing.Evict, while this node lacks room (Shortage.Own), or
//     another does (Pair.Lacks): for a partition that lies there. Coldness helps
//     to choose one. Who grants a lease tells with it what Allot says.
//
// All times are store.Instants of one monotonic clock of this process, which
// goes on in suspend, and runs at the same rate as others, to a per cent.
//
// # Leases
//
// Each node has one Pair for each other node that it shares a partition with.
// Every Timing.Beat it asks those for a lease of whose partitions it is primary
// (Beat.Ask), on a connection that no large message holds up; who is asked
// grants (Beat.Grant) with its own next question, or at once if the other is
// pressed (Beat.Prompt). Whatever comes from the other, on any connection, is a
// sign of life (Pair.Hear).
//
// A grant names the latest view that its sender has begun to take up. The
// receiver counts it (Pair.Grant) only if its Standing covers that view.
// Therefore a node takes up a view in this order: what its grants name; then each
// Core by Adopt; then Standing.Installed. When Grant returns true, operations
// may be waiting: Tick the cores that share the peer.
//
// # Messages
//
// MsgAppend carries entries from the primary to a backup, or to a learner that
// has its snapshot. The first follows entry (PrevEpoch, Prev); Commit says up
// to where the primary has committed. Without entries it asks for an
// acknowledgement and tells the commit number: after a change of the
// configuration, after a pause, and before a hand-over. Start says where the
// primary's log ended when it adopted the epoch: what a replica has beyond, of
// an earlier epoch, it cuts off.
//
// MsgFill carries items and records of a snapshot to a learner: those from index From on,
// in one order for one fill. The snapshot is the cut at entry (PrevEpoch,
// Prev); Done marks its last message.
//
// MsgAck answers both, and tells all that the sender has: its last entry is
// (PrevEpoch, Prev), it knows of commits up to Commit; a learner expects item
// From next, is complete (Done), or has no memory for what it was sent (Full).
// Each acknowledgement says everything, so only the latest matters.
//
// MsgBody carries a chunk of a large value ahead of its entry, MsgBodyAck tells
// how much of it has come.
//
// MsgStale answers a message of a lower epoch: its receiver should fetch the
// view. It is not answered.
//
// A message counts only at a node whose configuration has exactly its Epoch.
package replica
