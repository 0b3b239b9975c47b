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
	// Evicts says that it makes room by itself: its memory is full on
	// purpose, and says nothing.
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
	// Whole says that every partition has its replicas in sync where the ring
	// wants them: nothing moves, nothing is being repaired.
	Whole bool
	// NoRoom says that replicas are missing for which there is no memory
	// anywhere: without another worker the cluster does not become whole.
	NoRoom bool
	// UnderWay names the workers that are being activated, drained or made spares.
	UnderWay []string
}
