package placement

// weightUnit is the capacity, in bytes, that one unit of weight stands for,
// and maxWeight the largest weight that a capacity gives. Both are coarse on
// purpose: the fewer partitions fall to a unit, the more a join moves.
const (
	weightUnit = 1 << 30
	maxWeight  = 8
)

// ActiveMembers returns the ring members for nodes: the active ones, each
// with a weight by its capacity alone, so that no node's weight changes when
// another comes or goes. Give it the live nodes: a View also has dead ones,
// and earlier incarnations of a name.
func ActiveMembers(nodes []Node) []Member {
	var members []Member
	for _, n := range nodes {
		if n.State == NodeActive {
			members = append(members, Member{Name: n.Name, Weight: weightOf(n.Capacity)})
		}
	}
	return members
}

// weightOf rounds capacity, in bytes, to units of weight, at least 1.
func weightOf(capacity int64) int {
	units := (min(capacity, maxWeight*weightUnit) + weightUnit/2) / weightUnit
	return int(max(units, 1))
}
