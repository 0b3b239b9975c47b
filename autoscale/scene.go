package autoscale

import "time"

// Worker is what is known of one live worker.
type Worker struct {
	Name string
	// StartedSpare says that it was started with --spare.
	StartedSpare bool
	// Weight is its share of the ring relative to the others', at least 1.
	Weight int
	// Capacity and Used are bytes; a capacity of 0 is not known.
	Capacity, Used int64
	// Evicts says that it makes room by itself: that its memory is full calls for
	// nobody, but what it holds is wanted.
	Evicts bool
	// Requests are its clients' requests a second, CPU the share of its
	// processors that is busy, 0 to 1, both smoothed by the worker.
	Requests, CPU float64
	// Reported says that the figures are there and fresh.
	Reported bool
	// Leaving says of a spare that it is not empty yet: what it holds is on its
	// way to others.
	Leaving bool
}

// memory returns the share of its memory that w uses, and false where that
// says nothing.
func (w Worker) memory() (float64, bool) {
	if w.Capacity <= 0 || w.Evicts {
		return 0, false
	}
	return float64(w.Used) / float64(w.Capacity), true
}

// Scene is what the master sees at one moment. Decide changes none of it.
type Scene struct {
	// Now only grows from one call to the next; only differences count.
	Now time.Time
	// Active are the live workers on the ring, Spares the live spares. In any
	// order, names unique over both.
	Active, Spares []Worker
	// Replicas is the number of copies that the cluster aims at.
	Replicas int
	// Whole says that every partition that has a live copy has as many in sync as
	// there are to be: nothing moves, nothing is being repaired. With NoRoom they need
	// not be where the ring wants them.
	Whole bool
	// Lost counts the partitions without a live copy, which nobody can repair. What they
	// hold and are asked for is in no figure.
	Lost int
	// NoRoom says that there are copies for which nobody has the memory, of those that are
	// missing or on a worker that leaves: only another worker would bring them about.
	NoRoom bool
	// Moving says that copies are being filled, or about to be: what has no room now may
	// have some then.
	Moving bool
	// Failing names workers at which copies fail, however often they are tried: only these keep it
	// from being whole, and whoever leaves from being empty. Between two tries it may be whole.
	Failing []string
	// UnderWay names the workers that are being activated, drained or made spares.
	UnderWay []string
}
