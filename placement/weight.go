package placement

// weightUnit is the capacity, in bytes, that one unit of weight stands for,
// and maxByCapacity the largest weight that a capacity gives. Both are coarse on
// purpose: the fewer partitions fall to a unit, the more a join moves.
const (
	weightUnit    = 1 << 30
	maxByCapacity = 8
)

// MaxWeight is the largest weight that an operator may give a node: eight times
// what the largest capacity gives.
const MaxWeight = 64

// ActiveMembers returns the ring members for nodes: the active ones, each
// with its weight, which depends on nothing but the node itself, so that none
// changes when another node comes or goes; only when all together are more than
// MaxTotalWeight they shrink in proportion. Give it the live nodes: a View also
// has dead ones, and earlier incarnations of a name.
func ActiveMembers(nodes []Node) []Member {
	var members []Member
	for _, n := range nodes {
		if n.State == NodeActive {
			members = append(members, Member{Name: n.Name, Weight: n.Share()})
		}
	}
	return shrink(members)
}

// shrink makes the weights of members fit a ring, if there are not more members
// than it takes.
func shrink(members []Member) []Member {
	total := 0
	for _, m := range members {
		total += m.Weight
	}
	if room := MaxTotalWeight - len(members); total > MaxTotalWeight && room >= 0 {
		for i, m := range members {
			members[i].Weight = 1 + m.Weight*room/total // together at most len(members)+room
		}
	}
	return members
}

// Share is the node's weight on a ring: as an operator has set it, or else by its
// capacity, rounded to units of 1 GiB, 1 to 8 of them.
func (n Node) Share() int {
	if n.Weight > 0 {
		return n.Weight
	}
	units := (min(n.Capacity, maxByCapacity*weightUnit) + weightUnit/2) / weightUnit
	return int(max(units, 1))
}
