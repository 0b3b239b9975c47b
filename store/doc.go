// Package store keeps the key-value pairs of one partition in memory.
//
// A request travels through it like this. The worker finds the partition's
// Engine and takes the partition's lock. A read is Engine.Get; whether an
// expired entry still counts is for the worker to say. A write is first
// checked for room by the primary, Memory.Reserve of its Cost; once it is
// committed, each replica applies it by Engine.Put or Engine.Delete, which
// account for it whatever the limit says, and the primary releases what it
// reserved. A move sends an Engine.Snapshot; Engine.Scan lists keys in pages
// that outlive a move; Engine.Due tells the primary what to expire.
//
// The engine decides nothing: it neither expires nor evicts by itself, and
// the same writes in the same order leave the same state and the same order
// of Scan and Snapshot on each replica.
//
// An Engine is not safe for concurrent use, a Memory is. Byte slices: Put
// takes over the value and copies the key; what Get, Snapshot, Scan and Due
// return is the engine's own memory, which is never changed and stays valid
// for ever, and which nobody may change.
package store
