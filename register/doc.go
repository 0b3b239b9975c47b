// Package register decides about the register of views: what the one place
// that issues views may do, from what it knows. It is pure: no goroutine, no
// clock, no file, no message. The master gives it what came over the network
// and what its disk holds, and carries out what comes back; a simulation can
// drive the very same decisions.
//
// What its caller does, in order:
//
//   - It keeps one State, durable before anybody sees it. Apply makes the next
//     one of a batch of requests.
//   - It speaks under one Reign. A State of another id is not in force.
//   - It hands every worker's Report to Receive, which says whether the report
//     counts, whether the worker is to forswear the register that it follows,
//     and whether the workers know more than this register does. Then a
//     recovery begins: a new id, no view in force.
//   - While it recovers it waits until every live worker has Spoken, then makes
//     its State by Rebuild. Whoever comes later is heard by Hear, as long as
//     partitions are frozen. A report with a claim is answered with epoch 0
//     until the claim is in a durable State (Report.Heard).
//   - It takes changes only once it is open: after a start, when each live
//     worker has reported once, or a grace has passed.
//   - What it does of its own accord: it begins a cluster (CanBegin, Begin),
//     writes down who takes part (Nodes), marks who drains (Drain), changes the
//     number of replicas (WithReplicas) and, when that was asked for or chosen
//     beforehand, gives up what is lost (Fates, Reset).
package register
