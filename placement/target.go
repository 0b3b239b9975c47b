package placement

import "encoding/binary"

// Target returns, per partition, the wanted names: the primary, then its
// backups, replicas names in all (at least one), or fewer when the ring has
// fewer members. Names after the number of replicas that a View aims at are
// fall-backs for Plan. The caller owns the slices.
func (r *Ring) Target(replicas int) [][]string {
	replicas = min(max(replicas, 1), len(r.names))
	chosen := make([][]int32, len(r.owners))
	for p, owner := range r.owners {
		chosen[p] = append(make([]int32, 0, replicas), owner)
		if replicas > 1 {
			chosen[p] = append(chosen[p], r.backups[p])
		}
	}
	for level := 2; level < replicas; level++ {
		r.appendBackups(chosen)
	}

	target := make([][]string, len(chosen))
	for p, nodes := range chosen {
		target[p] = make([]string, len(nodes))
		for i, node := range nodes {
			target[p][i] = r.names[node]
		}
	}
	return target
}

// appendBackups appends to each partition's nodes its owner in the ring
// without those nodes. Partitions with the same nodes share one walk.
func (r *Ring) appendBackups(chosen [][]int32) {
	var sets []string // in order of appearance
	members := make(map[string][]int)
	for p, nodes := range chosen {
		set := string(nodeSet(nodes, len(r.names)))
		if members[set] == nil {
			sets = append(sets, set)
		}
		members[set] = append(members[set], p)
	}
	excluded := make([]bool, len(r.names))
	for _, set := range sets {
		first := chosen[members[set][0]]
		for _, node := range first {
			excluded[node] = true
		}
		table := r.walk.table(excluded)
		for _, node := range first {
			excluded[node] = false
		}
		for _, p := range members[set] {
			chosen[p] = append(chosen[p], table[p])
		}
	}
}

// nodeSet returns a key of the set of nodes, whatever their order.
func nodeSet(nodes []int32, of int) []byte {
	words := make([]uint32, (of+31)/32)
	for _, node := range nodes {
		words[node/32] |= 1 << (node % 32)
	}
	key := make([]byte, 0, 4*len(words))
	for _, word := range words {
		key = binary.LittleEndian.AppendUint32(key, word)
	}
	return key
}
