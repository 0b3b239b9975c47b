package register

import (
	"slices"

	"pikv/placement"
)

// Prefer returns changes with every Replace directed to the in-sync backup
// that target wants first, of those that present says are there now: whoever
// takes over is then where the ring will have the partition, and nothing has to
// be moved afterwards. Without such a backup the change stays as it was asked.
// changes itself is not altered. target is placement.Ring.Target, by name; it
// may be nil or of another number of partitions.
//
// To name another replica than the asker did is safe:
//
//   - An in-sync replica has every acknowledged write, whichever it is.
//   - The new primary serves only when every grant that it gave the old one has
//     run out, so that the old one's lease, for which it needs every in-sync
//     replica, has too. That holds for each of them alike.
//   - The register takes the change only at the very epoch that the asker named,
//     for which the node in question is in sync: if the view on which Prefer
//     decided is no longer in force, the change is stale.
//
// present is a hint. If it is wrong the new primary is silent, the others ask
// to replace it in turn, and it is no longer among those to choose from.
func Prefer(v *placement.View, target [][]string, changes []placement.Change, present func(placement.Node) bool) []placement.Change {
	if len(target) != len(v.Partitions) {
		return changes
	}
	out := slices.Clone(changes)
	for i, c := range out {
		if c.Kind != placement.Replace || int(c.Partition) >= len(v.Partitions) {
			continue
		}
		if inc, ok := preferred(v, c.Partition, target[c.Partition], present); ok {
			out[i].Node = inc
		}
	}
	return out
}

// preferred returns the first of row that may take the place of p's primary.
func preferred(v *placement.View, p placement.PartitionID, row []string, present func(placement.Node) bool) (placement.Incarnation, bool) {
	conf := v.Partitions[p]
	for _, name := range row {
		for _, inc := range conf.InSync {
			if n, ok := v.Node(inc); ok && inc != conf.Primary && n.Name == name && n.State == placement.NodeActive && present(n) {
				return inc, true
			}
		}
	}
	return 0, false
}
