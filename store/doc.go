// Package store keeps the key-value pairs of one partition in memory.
//
// A request travels through it like this. The worker finds the partition's
// Engine and takes the partition's lock, for reads too. A read is Engine.Get;
// whether an expired entry still counts is for the worker to say. A write is
// first checked for room by the primary, Memory.Reserve of its Cost; once it is
// committed, each replica applies it by Engine.Put or Engine.Delete, which
// account for it whatever the limit says, and the primary releases what it
// reserved. A move sends an Engine.Snapshot; Engine.Scan lists keys in pages
// that outlive a move; Engine.Due tells the primary what to expire,
// Engine.Coldest what to evict.
//
// The engine decides nothing: it neither expires nor evicts by itself, and
// the same writes in the same order leave the same entries and the same order
// of Scan and Snapshot on each replica.
//
// Inside, a Put goes through the index (index.go, table.go: the key's cell, by
// its hash) to the log (segment.go, entry.go: where the bytes lie), whose
// memory comes from the pool that all engines of a node share (pool.go,
// arena.go); and then it compacts a little (compact.go). DESIGN.md says why.
//
// Byte slices. Put copies key and value; the caller keeps its own. Everything
// that comes out points into the engine's memory, must not be changed, and is
// valid
//
//   - from Get and Coldest, until the next Put, Copy, Delete, Clear or Close of a
//     snapshot or hold;
//   - from Scan, until yield returns;
//   - from Snapshot.Item and Engine.Hold, until the Close of the snapshot or the
//     hold, whatever is written meanwhile;
//   - from Due, for ever: its keys are copies.
//
// After that the bytes may be another entry's, or not mapped any more, so that
// to read them ends the process. A race build makes it visible: there what is
// given back is overwritten.
//
// An Engine and its snapshots are not safe for concurrent use, a Memory is.
package store
