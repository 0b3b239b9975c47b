package resp

import "pikv/placement"

// Cluster is what a node knows of its cluster and of itself. Its methods are cheap,
// do not block, and are called on any goroutine.
type Cluster interface {
	// View is the placement in force, with no nodes before the first.
	View() *placement.View
	// Self is this node; 0 for one that is no worker.
	Self() placement.Incarnation
	// Figures are what INFO tells.
	Figures() Figures
}

// Figures are what a node tells of itself.
type Figures struct {
	Name, Version, Role string // Role: of the node in pikv, "worker" or "master"
	Address             string // host:port of this door
	Keys                int64  // of this node's primaries
	Memory, MaxMemory   int64  // bytes of entries, accounted
	Eviction            string // its policy, by pikv's name
	Evicted             int64
	Expired             int64
	Partitions          int // of which this node is primary
}
