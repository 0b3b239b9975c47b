// Package history puts a load of all operations on a cluster and afterwards
// proves from what the callers saw that every key was linearizable.
//
// An operation's life: a caller picks one of the keys in use and an operation,
// makes the call through one of the stores and notes when it began, when it
// returned and what it said in the key's history. A write of which nobody knows
// whether it took effect stays open-ended: it may do so at any later time, or
// never. A call that promises to have had no effect leaves no trace, so that a
// later read of its value has no explanation. When a key has its share of
// operations a new one takes its place, which keeps the histories short enough to
// be checked. At the end Finish reads every key once more, and Check asks
// porcupine, key by key, for an order of the operations that explains all answers.
//
// Beside those there are sums: counters that are only added to, and whose last
// value must lie between what was acknowledged and what was tried.
package history
