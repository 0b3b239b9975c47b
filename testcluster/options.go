package testcluster

import (
	"cmp"
	"time"

	"pikv/autoscale"
)

// Mode says where the nodes run.
type Mode string

// The modes. Both run the same code under the same protocol timings; gossip
// is faster in process.
const (
	// InProcess runs all nodes in the test's process, on ports of loopback.
	// They can be killed, but not paused or cut off.
	InProcess Mode = "in-process"
	// Namespaces runs a process per node, each on a host of a netns.Lab.
	// Root only, see need.Root.
	Namespaces Mode = "namespaces"
)

// Options shape a cluster. Zero values have the defaults that are named.
type Options struct {
	Mode       Mode             // InProcess
	Workers    int              // at the start; 3
	Prefix     string           // of all nodes' names, for a second cluster beside the first
	Partitions int              // 64: moves of a test are done in a moment
	Replicas   int              // 2
	OnLoss     string           // "wait" or "reset"; the master's default
	MaxMemory  int64            // bytes of each worker, 64 MiB
	Eviction   string           // of each worker, none
	MoveRate   int64            // bytes per second, 0: half of what the network takes
	Spare      bool             // workers join as spares
	Scaling    autoscale.Policy // the master's; the zero value is its default, off
	Redis      bool             // workers and masters listen for Redis clients
	RedisProxy bool             // and the master serves them data
	RedisUsers RedisUsers       // whom both let in; none: everybody
	Logs       string           // folder for what processes log; "": the test's log
	DataDir    string           // the master's; "": a temporary folder
	Patience   time.Duration    // for everything that is waited for: two minutes
}

// withDefaults fills in the defaults.
func (o Options) withDefaults() Options {
	return Options{
		Mode:       cmp.Or(o.Mode, InProcess),
		Workers:    cmp.Or(o.Workers, 3),
		Prefix:     o.Prefix,
		Partitions: cmp.Or(o.Partitions, 64),
		Replicas:   cmp.Or(o.Replicas, 2),
		OnLoss:     o.OnLoss,
		MaxMemory:  cmp.Or(o.MaxMemory, 64<<20),
		Eviction:   cmp.Or(o.Eviction, "none"),
		MoveRate:   o.MoveRate,
		Spare:      o.Spare,
		Scaling:    o.Scaling,
		Redis:      o.Redis,
		RedisProxy: o.RedisProxy,
		RedisUsers: o.RedisUsers,
		Logs:       o.Logs,
		DataDir:    o.DataDir,
		Patience:   cmp.Or(o.Patience, 2*time.Minute),
	}
}

// WorkerOption makes one worker different from the others.
type WorkerOption func(o *Options)

// WithMaxMemory gives a worker more or less memory than Options.MaxMemory.
func WithMaxMemory(bytes int64) WorkerOption {
	return func(o *Options) { o.MaxMemory = bytes }
}

// AsSpare has a worker join as a spare.
func AsSpare() WorkerOption {
	return func(o *Options) { o.Spare = true }
}
