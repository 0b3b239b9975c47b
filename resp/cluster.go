package resp

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"pikv/placement"
)

// Cluster is what a node knows of its cluster and of itself. Its methods are cheap,
// do not block, and are called on any goroutine.
type Cluster interface {
	// View is the placement in force, with no nodes before the first.
	View() *placement.View
	// Self is this node; 0 for one that is no worker.
	Self() placement.Incarnation
	// Live are the workers that gossip takes for alive, this one among them. It is a hint:
	// what clients are told of the cluster's health, and nothing else.
	Live() map[placement.Incarnation]bool
	// Figures are what INFO tells.
	Figures() Figures
}

// Figures are what a node tells of itself.
type Figures struct {
	Name, Version, Role string // Role: "worker" or "master", as pikv has it
	Address             string // host:port of this door
	Keys, Mortal        int64  // of this node's primaries; Mortal have a time to live
	Memory, MaxMemory   int64  // bytes of entries, accounted
	MemoryPeak          int64  // the most that Memory was, as far as it was looked at
	Eviction            string // its policy, by pikv's name
	Evicted, Expired    int64  // keys, since the start
	Partitions          int    // of which this node is primary
}

// Cluster is what the node knows of its cluster.
func (c *Call) Cluster() Cluster { return c.conn.server.cfg.Cluster }

// copies tells how many others have every write that a node has answered: the fewest
// over all partitions that it serves. One that is no worker speaks for all.
func copies(c Cluster) int {
	view, self, fewest := c.View(), c.Self(), 0
	for i, first := 0, true; i < len(view.Partitions); i++ {
		p := &view.Partitions[i]
		if p.Primary != 0 && (p.Primary == self || self == 0) && (first || len(p.InSync)-1 < fewest) {
			fewest, first = len(p.InSync)-1, false
		}
	}
	return fewest
}

// nodeID is a node's name among clients of Redis: 40 hexadecimal digits.
func nodeID(id placement.Incarnation) string { return id.String() + strings.Repeat("0", 24) }

// slotRange is slots that one node serves.
type slotRange struct {
	first, last uint16
	node        placement.Incarnation
}

// slotRanges returns who serves which slots, as far as somebody does.
func slotRanges(v *placement.View) []slotRange {
	var list []slotRange
	for i := range v.Partitions {
		first, last := placement.SlotRange(placement.PartitionID(i), len(v.Partitions))
		node := v.Partitions[i].Primary
		if n := len(list); n > 0 && list[n-1].node == node {
			list[n-1].last = last
			continue
		}
		list = append(list, slotRange{first, last, node})
	}
	return slices.DeleteFunc(list, func(r slotRange) bool { return r.node == 0 })
}

// door is a node with a port for clients of Redis.
type door struct {
	placement.Node
	host string
	port int64
	all  []slotRange // its slots
}

// doors returns the nodes that clients can reach, by their names, with their slots.
func doors(v *placement.View) []*door {
	var list []*door
	byID := make(map[placement.Incarnation]*door)
	for _, node := range v.Nodes {
		host, port, err := net.SplitHostPort(node.RESPAddr)
		if err != nil {
			continue // it has none
		}
		n, _ := strconv.ParseUint(port, 10, 16)
		d := &door{Node: node, host: host, port: int64(n)}
		list, byID[node.Incarnation] = append(list, d), d
	}
	for _, r := range slotRanges(v) {
		if d := byID[r.node]; d != nil {
			d.all = append(d.all, r)
		}
	}
	return list
}

// slotCounts says how the slots are. The zero value: nobody has any.
type slotCounts struct {
	assigned int // a node with a door has them
	pfail    int // of those: the node seems dead, and a backup is about to take over
	fail     int // of those: no copy lives, and nobody will until one comes back or they are given up
}

// countSlots counts those of partitions whose primary has one of the doors.
func countSlots(v *placement.View, list []*door, live map[placement.Incarnation]bool) (n slotCounts) {
	open := make(map[placement.Incarnation]bool, len(list))
	for _, d := range list {
		open[d.Incarnation] = true
	}
	for i := range v.Partitions {
		p := &v.Partitions[i]
		if !open[p.Primary] {
			continue
		}
		first, last := placement.SlotRange(placement.PartitionID(i), len(v.Partitions))
		each := int(last) - int(first) + 1
		n.assigned += each
		switch {
		case live[p.Primary]:
		case slices.ContainsFunc(p.InSync, func(id placement.Incarnation) bool { return live[id] }):
			n.pfail += each
		default:
			n.fail += each
		}
	}
	return n
}
