package master

import (
	"math"

	"pikv/placement"
)

// maxWeight bounds a worker's share: a ring of many points is slow to compute
// on a small computer, and a worker that holds nearly everything is no cluster.
const maxWeight = 16

// ringMembers returns the ring's members for nodes. A worker's weight is its
// capacity in units of the smallest one's, rounded, 1 to maxWeight: workers of
// equal capacity weigh 1, one of twice the memory gets twice the partitions,
// and small differences (the same board with another --max-memory) move
// nothing. A node without a known capacity weighs 1. Pure.
func ringMembers(nodes []placement.Node) []placement.Member {
	smallest := int64(math.MaxInt64)
	for _, n := range nodes {
		if n.Capacity > 0 {
			smallest = min(smallest, n.Capacity)
		}
	}
	members := make([]placement.Member, 0, len(nodes))
	for _, n := range nodes {
		weight := 1
		if n.Capacity > 0 {
			weight = int(math.Round(min(maxWeight, float64(n.Capacity)/float64(smallest))))
		}
		members = append(members, placement.Member{Name: n.Name, Weight: weight})
	}
	return members
}
