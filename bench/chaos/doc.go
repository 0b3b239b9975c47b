// Package chaos is `make chaos`: a cluster of real processes, each on a host of
// its own, under faults from a seeded schedule and a load whose history is
// checked (package history).
//
// Faults come in rounds. A round begins when every partition has all of its
// replicas and costs at most one replica less than there are, whatever falls
// together in it; it ends when all is healed. So nothing that was acknowledged
// may be lost, however the faults fall, and if it is the seed replays the round.
// A seed decides which faults come, in which order and how long they last; what
// the cluster makes of them takes its own time.
//
// The package's code is the schedule and the timeline; its test is the run.
package chaos
