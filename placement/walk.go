package placement

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sort"
	"strconv"

	"github.com/buraksezer/consistent"
	"github.com/cespare/xxhash/v2"
)

// How the ring is cut. DESIGN.md has the figures that chose them; changing
// one moves most partitions of every cluster.
const (
	pointsPerWeight = 200  // ring points for one unit of weight
	loadFactor      = 1.25 // partitions of a ring member, at most, times the mean
	unlikeFactor    = 1.01 // the same, on a small ring of members with unlike weights
	// unlikeLeast is how many partitions there must be for each unit of weight on such
	// a ring: with fewer, joins would move far more than they need to.
	unlikeLeast = 48
)

// loadFor returns the load factor for a ring of nodes with the given weights,
// of which those with 0 are not on it. Where weights are unlike, a light node has
// few ring members, and so a share that varies most; and to be over one's share
// costs it memory that is not there.
func loadFor(weights []int32, partitions int) float64 {
	total, lightest, heaviest := int32(0), int32(math.MaxInt32), int32(0)
	for _, w := range weights {
		if w > 0 {
			total, lightest, heaviest = total+w, min(lightest, w), max(heaviest, w)
		}
	}
	if lightest < heaviest && int(total)*unlikeLeast <= partitions {
		return unlikeFactor
	}
	return loadFactor
}

// ringMember is one unit of one node's weight, as the library knows it.
type ringMember struct {
	key  string
	node int32 // index of the node in the sorted members
}

// String returns the name that the library hashes.
func (m ringMember) String() string { return m.key }

// ringMembers returns a ring member for each unit of weight. A key has more
// bytes than partitionKeySize, so that the hasher can tell the two apart.
func ringMembers(members []Member) []ringMember {
	var all []ringMember
	for node, m := range members {
		for unit := range m.Weight {
			key := "worker/" + strconv.Itoa(unit) + "/" + m.Name
			all = append(all, ringMember{key: key, node: int32(node)})
		}
	}
	return all
}

// partitionKeySize is the length of what the library hashes for a partition:
// its number, little endian.
const partitionKeySize = 8

// hasher gives the library its places on the circle: ring points by their
// hash, partitions at equal distances, which evens out the shares.
type hasher struct{ partitions int }

// Sum64 returns the place of b, a partition's number or a ring point's name.
func (h hasher) Sum64(b []byte) uint64 {
	if len(b) == partitionKeySize {
		return h.place(int(b[0]) | int(b[1])<<8)
	}
	return xxhash.Sum64(b)
}

func (h hasher) place(p int) uint64 {
	return uint64(p) << (64 - bits.Len(uint(h.partitions-1)))
}

// libraryTable returns the owner of each partition, as an index of members,
// which are sorted and checked: the bounded-load ring of consistent.
func libraryTable(members []Member, partitions int) []int32 {
	units := ringMembers(members)
	onRing := make([]consistent.Member, len(units))
	for i, u := range units {
		onRing[i] = u
	}
	weights := make([]int32, len(members))
	for node, m := range members {
		weights[node] = int32(m.Weight)
	}
	ring := consistent.New(onRing, consistent.Config{
		Hasher:            hasher{partitions},
		PartitionCount:    partitions,
		ReplicationFactor: pointsPerWeight,
		Load:              loadFor(weights, partitions),
	})
	table := make([]int32, partitions)
	for p := range table {
		table[p] = ring.GetPartitionOwner(p).(ringMember).node
	}
	return table
}

// walk computes the library's table for the ring without some nodes, without
// building that ring: it goes over the points of the full ring and passes by
// the excluded ones. It never changes.
type walk struct {
	units  []ringMember
	weight []int32 // per node
	points []int32 // the unit of each ring point, around the circle
	starts []int32 // per partition the first point at or after its place
}

// newWalk places the points of members, which are sorted and checked.
func newWalk(members []Member, partitions int) *walk {
	type point struct {
		place uint64
		unit  int32
	}
	w := &walk{units: ringMembers(members), weight: make([]int32, len(members))}
	points := make([]point, 0, len(w.units)*pointsPerWeight)
	var name []byte
	for i, u := range w.units {
		w.weight[u.node]++
		for n := range pointsPerWeight {
			name = strconv.AppendInt(name[:0], int64(n), 10)
			name = append(name, ':')
			name = append(name, u.key...)
			points = append(points, point{xxhash.Sum64(name), int32(i)})
		}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.place, b.place) })

	w.points = make([]int32, len(points))
	for i, pt := range points {
		w.points[i] = pt.unit
	}
	w.starts = make([]int32, partitions)
	for p := range w.starts {
		place := hasher{partitions}.place(p)
		first := sort.Search(len(points), func(i int) bool { return points[i].place >= place })
		w.starts[p] = int32(first % len(points))
	}
	return w
}

// table returns the owner of each partition in the ring without the excluded
// nodes (indexed by node), or nil when no node is left.
func (w *walk) table(excluded []bool) []int32 {
	left := len(w.units)
	weights := slices.Clone(w.weight)
	for node, out := range excluded {
		if out {
			left -= int(w.weight[node])
			weights[node] = 0
		}
	}
	if left == 0 {
		return nil
	}
	room := make([]int32, len(w.units)) // partitions that the unit may still be given
	limit := int32(math.Ceil(float64(len(w.starts)) / float64(left) * loadFor(weights, len(w.starts))))
	for i, u := range w.units {
		if !excluded[u.node] {
			room[i] = limit
		}
	}
	table := make([]int32, len(w.starts))
	for p, at := range w.starts {
		for room[w.points[at]] == 0 {
			if at++; int(at) == len(w.points) {
				at = 0
			}
		}
		unit := w.points[at]
		room[unit]--
		table[p] = w.units[unit].node
	}
	return table
}
