package placement

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

const (
	// MaxTotalWeight bounds the sum of the weights on one ring.
	MaxTotalWeight = 1024
	// mostByLibrary is the sum up to which the library builds the ring, too. Its time
	// grows with the square: a tenth of a second on a PC for this, half a minute for 1024.
	mostByLibrary = 64
)

// Why NewRing refuses a set of members.
var (
	ErrNoMembers       = errors.New("a ring needs at least one member")
	ErrNoName          = errors.New("a ring member needs a name")
	ErrDuplicateMember = errors.New("two ring members have one name")
	ErrWeight          = errors.New("a ring member's weight must be at least 1, and all together at most 1024")
	ErrRing            = errors.New("the ring and its exclusion disagree") // a bug, or another version of the library
)

// Member is a worker on the ring.
type Member struct {
	Name string
	// Weight is the worker's share relative to the other members', at least 1.
	Weight int
}

// Ring is the target placement of one set of members: a pure function of
// the set and of the number of partitions, the same on every node and
// machine. It never changes and is safe for concurrent use.
type Ring struct {
	names   []string // sorted; the indexes below point into it
	owners  []int32  // per partition
	backups []int32  // per partition the first backup, -1: there is none
	walk    *walk
}

// NewRing computes the ring of members, in any order. Partitions must pass
// CheckPartitions.
func NewRing(members []Member, partitions int) (*Ring, error) {
	if err := CheckPartitions(partitions); err != nil {
		return nil, fmt.Errorf("build ring: %w", err)
	}
	sorted := slices.Clone(members)
	slices.SortFunc(sorted, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	if err := checkMembers(sorted); err != nil {
		return nil, fmt.Errorf("build ring: %w", err)
	}

	r := &Ring{names: make([]string, len(sorted)), walk: newWalk(sorted, partitions)}
	for i, m := range sorted {
		r.names[i] = m.Name
	}
	r.owners = r.walk.table(make([]bool, len(sorted)))
	if len(r.walk.units) <= mostByLibrary && !slices.Equal(r.owners, libraryTable(sorted, partitions)) {
		return nil, fmt.Errorf("build ring of %d members: %w", len(sorted), ErrRing)
	}
	r.backups = r.firstBackups()
	return r, nil
}

// checkMembers reports every problem of members, which are sorted by name.
func checkMembers(members []Member) error {
	if len(members) == 0 {
		return ErrNoMembers
	}
	var errs []error
	total := 0
	for i, m := range members {
		switch {
		case m.Name == "":
			errs = append(errs, ErrNoName)
		case i > 0 && members[i-1].Name == m.Name:
			errs = append(errs, fmt.Errorf("member %q: %w", m.Name, ErrDuplicateMember))
		case m.Weight < 1 || m.Weight > MaxTotalWeight:
			errs = append(errs, fmt.Errorf("member %q with weight %d: %w", m.Name, m.Weight, ErrWeight))
		default:
			total += m.Weight
			if total > MaxTotalWeight {
				return errors.Join(append(errs, fmt.Errorf("members up to %q: %w", m.Name, ErrWeight))...)
			}
		}
	}
	return errors.Join(errs...)
}

// firstBackups returns, per partition, its owner in the ring without its owner.
func (r *Ring) firstBackups() []int32 {
	backups := make([]int32, len(r.owners))
	excluded := make([]bool, len(r.names))
	for node := range r.names {
		excluded[node] = true
		table := r.walk.table(excluded)
		excluded[node] = false
		for p, owner := range r.owners {
			if owner != int32(node) {
				continue
			}
			backups[p] = -1
			if table != nil {
				backups[p] = table[p]
			}
		}
	}
	return backups
}

// Partitions returns the number of partitions.
func (r *Ring) Partitions() int { return len(r.owners) }

// Names returns the members' names, sorted. The caller owns the slice.
func (r *Ring) Names() []string { return slices.Clone(r.names) }

// Owner returns the name of the member that is to be the primary of p, and
// "" when there is no such partition.
func (r *Ring) Owner(p PartitionID) string {
	if int(p) >= len(r.owners) {
		return ""
	}
	return r.names[r.owners[p]]
}

// Backups returns the names of the first n backups of p, best first, and
// fewer when the ring has fewer other members. Backup i is the owner of p in
// the ring without the owner and without the backups before i: whoever
// leaves, the next one is already there. The caller owns the slice.
//
// The first backup is looked up; every further one costs a walk over all
// partitions. Use Target when the backups of many partitions are wanted.
func (r *Ring) Backups(p PartitionID, n int) []string {
	if int(p) >= len(r.owners) || n < 1 || r.backups[p] < 0 {
		return nil
	}
	excluded := make([]bool, len(r.names))
	excluded[r.owners[p]] = true
	next := r.backups[p]
	names := []string{r.names[next]}
	for len(names) < n {
		excluded[next] = true
		table := r.walk.table(excluded)
		if table == nil {
			break
		}
		next = table[p]
		names = append(names, r.names[next])
	}
	return names
}
