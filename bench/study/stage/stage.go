// Package stage starts the stores that the study measures, each node as a process:
// pikv, a Redis Cluster, or memcached behind pikv's ring, on this machine as it is
// or on hosts that are made for it (package pis); or it finds a cluster that runs
// somewhere.
//
// A Stage has the computers; its Start gives a Cluster, which gives connections to
// clients and tells what its processes have used. One cluster runs at a time.
package stage

import (
	"context"
	"errors"
	"time"

	"pikv/bench"
	"pikv/bench/study"
)

// ErrNotHere says that a stage has no such store.
var ErrNotHere = errors.New("it cannot be measured there")

// Wanted is what Start is to start.
type Wanted struct {
	Store    string // study.Pikv, study.Redis or study.Memcached
	Workers  int
	Replicas int
	// Undilated asks that simulated computers are as fast as they are, if need be all
	// together faster than this machine: for what goes by the nodes' own clocks.
	Undilated bool
}

// Stage is a target's computers. Not safe for concurrent use.
type Stage interface {
	// Target says what the computers are: all that is known of them only after Open.
	Target() study.Target
	// Open makes the computers, or finds them. Close must be called also when it fails.
	Open(ctx context.Context) error
	// Limits says what of the figures can be measured, known before Open.
	Limits() study.Limits
	// Start starts a store and returns when it serves.
	Start(ctx context.Context, w Wanted) (Cluster, error)
	// Cores returns how many processors of this machine the load generator has, at
	// least, while a cluster serves.
	Cores() float64
	// Close takes the computers away.
	Close() error
}

// Finisher is a Stage that has something to tell when all is measured: Target then
// has it.
type Finisher interface {
	Finish(ctx context.Context)
}

// Cluster is a store that serves. Connect may be called by several goroutines, the
// rest by one.
type Cluster interface {
	// Connect makes n clients, each with connections of its own.
	Connect(ctx context.Context, n int, mode string) (*Clients, error)
	// Owners returns the names of the workers and a function that says which of them
	// has a key: its index.
	Owners(ctx context.Context) (names []string, owner func(key string) int, err error)
	// CPU returns the processor time that the processes have used so far.
	CPU(ctx context.Context) (Used, error)
	// Lost says which nodes are not there that should be; "" for none.
	Lost(ctx context.Context) string
	// Dilation is how much slower than the real ones its computers are.
	Dilation() float64
	// Close ends the processes.
	Close() error
}

// Changing is a Cluster whose nodes may come and go while it serves.
type Changing interface {
	Cluster
	// Prepare starts what must be there before the event, and Do has it happen. Do
	// returns what happened, in words; it does not wait until the cluster is done with it.
	Prepare(ctx context.Context, event string) error
	Do(ctx context.Context, event string) (what string, err error)
}

// Used is processor time.
type Used struct{ Master, Workers time.Duration }

// Clients are connections to a store. They may be used by many goroutines.
type Clients struct {
	Stores []bench.Store
	close  []func() error
}

// Close closes all connections.
func (c *Clients) Close() error {
	var errs []error
	for _, f := range c.close {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}
