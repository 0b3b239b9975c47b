package replica

import (
	"pikv/placement"
	"pikv/store"
)

// Node is what all cores of a node share. Safe for concurrent use.
type Node struct {
	self   placement.Incarnation
	memory *store.Memory
	pairs  Pairs
	timing Timing
	limits Limits
}

// NewNode returns what the cores of the node self share. memory stays the
// caller's to close, when no core uses it any more.
func NewNode(self placement.Incarnation, memory *store.Memory, pairs Pairs, timing Timing, limits Limits) *Node {
	return &Node{self: self, memory: memory, pairs: pairs, timing: timing, limits: limits}
}
