package placement

import "slices"

// Lead says that a partition's primary shall be Name, one of the names that
// the ring wants there, though not its first.
type Lead struct {
	Partition PartitionID `codec:"p"`
	Name      string      `codec:"n"`
}

// WithLeads returns target with each lead's name first in its partition's row.
// A lead whose name is not among the first replicas of its row says nothing:
// the ring has changed since. Rows without a lead are shared with target.
func WithLeads(target [][]string, leads []Lead, replicas int) [][]string {
	led := slices.Clone(target)
	for _, l := range leads {
		if int(l.Partition) >= len(led) {
			continue
		}
		row := led[l.Partition]
		at := slices.Index(row[:min(replicas, len(row))], l.Name)
		if at < 1 {
			continue
		}
		led[l.Partition] = slices.Concat(row[at:at+1], row[:at], row[at+1:])
	}
	return led
}
