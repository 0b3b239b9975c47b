package placement

import "slices"

// Lead says that a partition's primary shall be Name, one of the names that
// the ring wants there, though not its first.
type Lead struct {
	Partition PartitionID `codec:"p"`
	Name      string      `codec:"n"`
}

// place returns the index of the lead's name among those that the ring wants there, of
// so many replicas; one below 1: the lead says nothing, for the ring has changed since.
func (l Lead) place(target [][]string, replicas int) int {
	if int(l.Partition) >= len(target) {
		return -1
	}
	row := target[l.Partition]
	return slices.Index(row[:min(replicas, len(row))], l.Name)
}

// Meant returns those of leads that say something of target, Ring.Target without leads.
func Meant(target [][]string, leads []Lead, replicas int) []Lead {
	return slices.DeleteFunc(slices.Clone(leads), func(l Lead) bool { return l.place(target, replicas) < 1 })
}

// WithLeads returns target with each lead's name first in its partition's row.
// Leads that are not Meant change nothing. Rows without a lead are shared with target.
func WithLeads(target [][]string, leads []Lead, replicas int) [][]string {
	led := slices.Clone(target)
	for _, l := range leads {
		at := l.place(target, replicas)
		if at < 1 {
			continue
		}
		row := target[l.Partition]
		led[l.Partition] = slices.Concat(row[at:at+1], row[:at], row[at+1:])
	}
	return led
}
