// Package autoscale decides when a cluster activates a spare worker and when it
// makes an active one a spare. It is a pure function of what the workers report:
// no goroutine, lock, socket or clock, and it imports no other package of the
// project, so that a test can play a day in a second.
//
// The master calls Policy.Decide about once a second with the Scene of that
// moment (at least three times a window), and gives back the History that the call before has returned. It
// carries a decision out before it calls again; if it cannot, it gives back what Decide returns
// in Mode Advise. Decide answers with one of four kinds:
//
//   - Activate: make the named spare active. A mean passed its high mark, or one
//     worker's memory is under pressure (unless the spare before did not help it),
//     or there are too few workers, or copies find no room and nothing moves that
//     might make some.
//   - Spare: make the named worker a spare. All means have stayed under
//     their low marks, the others can carry what it has, and no partition is
//     without a live copy.
//   - Warn: somebody has to do something, and Reason says what.
//   - Nothing: Reason says why not.
//
// Why it does not flap. Means are of the load of the whole cluster, divided by
// the workers that there are now (or would be), so a step needs no new history
// to be judged by. A worker becomes a spare only if the highest mean of the last
// window, divided by the workers that stay, keeps a margin below the high
// marks; whatever repeats itself within a window has the same highest mean
// before and after a step, and cannot call for the opposite one. What swings more slowly has a
// worker let go and called back once: then a low has to last twice as
// long as that one did, up to patience, before another is let go. And where one
// worker was under pressure though the mean was not, the mean at which that
// was so counts as a high mark for as many workers from then on: the ring is a function of its
// members and their weights, and would be as uneven again while these are what they were.
package autoscale
