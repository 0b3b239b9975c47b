// Package placement decides which worker holds which partition. It is pure:
// values in, values out; no goroutine, lock, socket, file or clock.
//
// A request meets it once: the client takes the key's Slot, the slot's
// partition (PartitionOf), and in the View in force that partition's primary
// (View.Owner), to whom it goes. Everything else here is how a View comes to
// be and changes:
//
//   - NewRing turns the active workers into a Ring, the target: for each
//     partition the owner and its backups, the same on every node.
//   - NewView makes the first View of a cluster from the ring's target.
//   - Plan compares the View in force with the target and with the workers
//     that live, and returns the next steps as data. Nobody has to follow it:
//     a step takes effect only when the partition's primary asks for it.
//   - View.Next is the register: a compare-and-set on a partition's
//     configuration, with the rules that no request may break. It returns the
//     next View; WithNodes does the same for the list of nodes.
//   - View.Since and View.Apply carry what changed from one node to another,
//     in the encoding of EncodeDelta.
//
// To move partition p from worker a to worker b, one step follows the other,
// each a new epoch of p: AddLearner b, Promote b (asked for by the primary
// when b has everything), HandOver b, Drop a. Repair and draining are made of
// the same steps.
//
// A published View is never changed. Every function here returns new values,
// which may share slices with their inputs; Clone before you change one.
package placement
